"""Processors: the model that a text names, whichever way it is written; a family is none."""

from __future__ import annotations

import pytest

from catalog.recognition import How, Index, read_cpu, recognise

NAMED = [
    # one processor, as people and programs write it
    ("i5-8500T", "Intel Core i5-8500T"),
    ("Core i5 8500T", "Intel Core i5-8500T"),
    ("Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz", "Intel Core i5-8500T"),
    ("Intel® Core™ i5‑8500T", "Intel Core i5-8500T"),
    ("i58500t", "Intel Core i5-8500T"),
    ("Intel Corei5-8500T", "Intel Core i5-8500T"),
    # generations, fillers and clocks around the number
    ("13th Gen Intel Core i7-1355U", "Intel Core i7-1355U"),
    ("Core i5 12gen 12600HX", "Intel Core i5-12600HX"),
    ("i5 8th Gen. (8250U)", "Intel Core i5-8250U"),
    ("Intel Core i7 vPro 8665U", "Intel Core i7-8665U"),
    ("I7 - 7600u", "Intel Core i7-7600U"),
    ("i5-6300U,2.4GHz", "Intel Core i5-6300U"),
    ("i5 1135 G7", "Intel Core i5-1135G7"),
    ("i3-1000NG4", "Intel Core i3-1000NG4"),
    ("Intel(R) Core(TM) i5 CPU M 520 @ 2.40GHz", "Intel Core i5-520M"),
    ("i7 Q 720", "Intel Core i7-720QM"),
    ("i7-8700", "Intel Core i7-8700"),
    ("i7 12700K", "Intel Core i7-12700K"),
    # other families
    ("Ultra7-155H", "Intel Core Ultra 7 155H"),
    ("U9-185H", "Intel Core Ultra 9 185H"),
    ("Core Ultra X7 358H", "Intel Core Ultra X7 358H"),
    ("Core 5 210H", "Intel Core 5 210H"),
    ("Core m3-7Y30", "Intel Core m3-7Y30"),
    ("Core M-5Y10", "Intel Core M-5Y10"),
    ("Core 2 Duo P8600", "Intel Core2 Duo P8600"),
    ("Core2Duo T7500", "Intel Core2 Duo T7500"),
    ("Core 2 Quad Q6600", "Intel Core2 Quad Q6600"),
    ("i3-N305", "Intel Core i3-N305"),
    ("Intel N100", "Intel N100"),
    ("Celeron-N4020", "Intel Celeron N4020"),
    ("Pentium N5000", "Intel Pentium Silver N5000"),
    ("Pentium Gold G5400", "Intel Pentium Gold G5400"),
    ("Pentium Dual-Core T4400", "Intel Pentium T4400"),
    ("Celeron M 430", "Intel Celeron M 430"),
    ("Atom x5-Z8350", "Intel Atom x5-Z8350"),
    ("E3-1505Mv5", "Intel Xeon E3-1505M v5"),
    ("Xeon E5-2680 v4", "Intel Xeon E5-2680 v4"),
    ("Xeon W-2135", "Intel Xeon W-2135"),
    ("Xeon Gold 6130", "Intel Xeon Gold 6130"),
    ("Ryzen 5 5600G with Radeon Graphics", "AMD Ryzen 5 5600G"),
    ("R5-5500U", "AMD Ryzen 5 5500U"),
    ("Ryzen5 PRO 4650U", "AMD Ryzen 5 PRO 4650U"),
    ("Ryzen Pro 5 4650U", "AMD Ryzen 5 PRO 4650U"),
    ("Ryzen AI 9 HX 370", "AMD Ryzen AI 9 HX 370"),
    ("Ryzen AI Max+ 395", "AMD Ryzen AI Max+ 395"),
    ("Ryzen 7 250", "AMD Ryzen 7 250"),
    ("Ryzen Threadripper PRO 5955WX", "AMD Ryzen Threadripper PRO 5955WX"),
    ("A12-9800B", "AMD PRO A12-9800B"),
    ("AMD A6 9225", "AMD A6-9225"),
    ("E2-9000e", "AMD E2-9000e"),
    ("FX-8350 Eight-Core", "AMD FX-8350"),
    ("Athlon Silver 3050U", "AMD Athlon Silver 3050U"),
    ("AMD 3020e", "AMD 3020e"),
    ("Apple M1 Pro 10-core", "Apple M1 Pro"),
    ("Apple M-Series-M1", "Apple M1"),
    # the number alone
    ("8365U", "Intel Core i5-8365U"),
    ("N4120", "Intel Celeron N4120"),
    ("4700U", "AMD Ryzen 7 4700U"),
]


@pytest.mark.parametrize(("text", "name"), NAMED)
def test_a_model_is_named_in_full(text: str, name: str) -> None:
    assert read_cpu(text).name == name


FAMILIES = [
    "i7",
    "Intel Core i7 8th Gen.",
    "Core i5 8th Gen",
    "Intel",
    "Intel Celeron N, 1.10 GHz",
    "Core 2 Duo 2.0GHz",
    "Ryzen 5",
    "AMD Ryzen 5 5000 Series",
    "Ultra 7",
    "Quad Core",
    "Intel Celeron 92311",
    "i5 2.40GHz",
    "i5 256 SSD",
    "i5 16GB",
    "i5 1920x1080",
    "i5 1080p",
    "i7 2019",
    "Snapdragon X Elite",
]


@pytest.mark.parametrize("text", FAMILIES)
def test_a_family_is_no_processor_and_its_words_stay(text: str) -> None:
    reading = read_cpu(text)
    assert reading.name is None
    assert reading.words == text


@pytest.mark.parametrize(
    "title",
    [
        "HP 3380 laptop with 6735s cover",
        "Dell Latitude 6430U",
        "HP EliteBook 9470M",
        "Acer Aspire E1-5712 notebook",
        "Lenovo ThinkPad T450 M1 stylus",
        "MacBook 12 2016 m3 1.1GHz",
        "Notebook M.2 SSD",
    ],
)
def test_numbers_of_machines_are_no_processors(title: str) -> None:
    assert recognise(title).cpu is None


def test_a_processor_that_the_offered_one_beats_is_not_the_offered_one() -> None:
    assert read_cpu("AMD Ryzen 5 5500U (beats Intel i5-1135G7)").name == "AMD Ryzen 5 5500U"


def test_two_models_are_a_choice() -> None:
    assert recognise("Laptop i5-6300U / i7-6600U 8GB").flags == ("cpu_variants",)
    assert read_cpu("i5-6300U or i7-6600U").varies


@pytest.mark.parametrize("cell", [None, "", "-", "N/A", "Yok", "не указано", "—"])
def test_empty_cells_say_nothing(cell: str | None) -> None:
    assert read_cpu(cell).name is None
    assert read_cpu(cell).words == ""


class TestWithACatalog:
    index = Index(
        ["Intel Core i5-8365U @ 1.60GHz", "Intel Core i5-6300U", "Intel Core i5-6300HQ", "Intel Core i3-6300"]
    )

    def test_the_catalogs_own_name_is_given(self) -> None:
        reading = read_cpu("Core i5 8365u", self.index)
        assert (reading.name, reading.match.how) == ("Intel Core i5-8365U @ 1.60GHz", How.EXACT)

    def test_a_well_formed_model_that_it_lacks_is_a_question_with_the_nearest(self) -> None:
        reading = read_cpu("i5-6300", self.index)
        assert reading.name == "Intel Core i5-6300"
        assert reading.match.how is How.UNKNOWN
        assert set(reading.match.nearest) == {"Intel Core i5-6300U", "Intel Core i5-6300HQ", "Intel Core i3-6300"}
        assert "cpu_unknown" in recognise("Laptop i5-6300 8GB", cpus=self.index).flags

    def test_a_family_is_none_even_where_the_catalog_has_it_for_a_name(self) -> None:
        assert read_cpu("Core i7", Index(["Core i7"])).name is None
