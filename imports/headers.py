"""What the headers of files mean: one table, in English, German, French, Spanish, Portuguese, Polish, Turkish, Russian.

A synonym with `~` after it means it often, and something else as often: it is only suggested. Headers are compared
without case, accents, signs and units, and without the currency that they may name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from imports.currencies import CURRENCY_WORDS


class ValueKind(StrEnum):
    """What the cells of a column are, for the look at its content."""

    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    CAPACITY = "capacity"
    DATE = "date"
    CONDITION = "condition"
    STATUS = "status"
    MARKETPLACE = "marketplace"
    CURRENCY = "currency"
    URL = "url"
    ID = "id"
    MEDIUM = "medium"
    DDR = "ddr"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a column can be; a 0 in a column where it cannot be is an empty cell."""

    name: str
    kind: ValueKind
    synonyms: tuple[str, ...]
    zero_is_empty: bool = False


IGNORED = "-"
"""The name of what is known and not taken, so that nothing else is taken for it: postage, ratings, prices of bids."""

_TABLE = """
title text | title, item title, listing title, product title, name, item name, product name, listing name, item~,
  product~, offer~, listing~, laptop name, laptop~, computer~, headline, article~, box name, lap details~, ad title,
  titel, bezeichnung, artikelbezeichnung, artikelname, artikel~, produktname, produkt~, angebot~, titre, nom, nom du
  produit, produit~, intitule, designation, annonce~, titulo, nombre, nombre del producto, producto~, articulo~, nome,
  nome do produto, produto~, anuncio~, tytul, nazwa, nazwa produktu, oferta~, baslik, urun adi, urun~, ilan~, adi~,
  ilan basligi, название, наименование, заголовок, товар~, наименование товара, название товара
specs text | description, specs, specifications, specification, details, short description, item description,
  features~, configuration~, beschreibung, ausstattung, technische daten, spezifikation, spezifikationen,
  caracteristiques, descriptif, fiche technique, descripcion, especificaciones, caracteristicas, detalles, descricao,
  especificacoes, detalhes, opis, specyfikacja, parametry, aciklama, ozellikler, teknik ozellikler, описание,
  характеристики
price money 0 | price, asking price, ask, current price, buy now price, buy it now, buy it now price, bin price, sale
  price, sell price, selling price, sold price, sales price, unit price, our price, price now, now price, now, today~,
  cost~, amount~, laptop price, final price, offer price, price each, price inc vat, price incl vat, price incl tax,
  preis, bruttopreis, preis inkl mwst, prix ttc, precio con iva, preco com iva, verkaufspreis, angebotspreis,
  sofortkaufpreis, kaufpreis, betrag~, aktueller preis, prix, prix de vente, prix actuel, tarif~, montant~, precio,
  precio de venta, precio actual, importe~, preco, valor~, preco de venda, preco atual, cena, cena brutto, aktualna
  cena, fiyat, fiyati, satis fiyati, guncel fiyat, tutar~, цена, стоимость, текущая цена
price_was money 0 | was, was price, old price, price was, previous price, original price, list price, rrp, msrp,
  retail price, regular price, price before, before~, uvp, streichpreis, alter preis, statt, ancien prix, prix barre,
  prix d origine, prix initial, precio anterior, precio antes, precio original, precio de lista, preco anterior, preco
  antigo, preco original, stara cena, poprzednia cena, cena katalogowa, cena przed, eski fiyat, onceki fiyat, liste
  fiyati, старая цена, прежняя цена, цена до скидки
currency currency | currency, currency code, price currency, ccy, curr, wahrung, devise, monnaie, moneda, divisa,
  moeda, waluta, para birimi, doviz, валюта
price_date date | price date, date~, sold date, date sold, sell date, sale date, end date~, listed date~, date
  listed~, stored at, scraped at, collected at, crawled at, timestamp, observed at, preisdatum, datum~, verkaufsdatum,
  date de vente, date du prix, fecha~, fecha de venta, data~, data da venda, data sprzedazy, tarih~, satis tarihi,
  дата~, дата продажи, дата цены
condition condition | condition, item condition, product condition, state~, status~, laptop state, grade~, quality~,
  zustand, artikelzustand, etat, etat de l objet, estado~, condicion, condicao, stan, stan techniczny, durum~, urun
  durumu, kondisyon, состояние
status status | status~, listing status, offer status, angebotsstatus
marketplace marketplace | marketplace, platform~, site~, plattform~, marktplatz, place de marche, mercado~, pazaryeri,
  площадка
vendor_item_id id | vendor item id, item id, item number, item no, item nr, id, product id, listing id, offer id,
  auction id, lot number~, lot no~, lot id~, sku, asin, box id, article number, artikelnummer, artikelnr, art nr,
  angebotsnummer, numero d objet, reference~, ref~, numero de articulo, id del producto, referencia~, codigo~, numer
  oferty, numer aukcji, id oferty, stok kodu, urun kodu, ilan no, артикул, номер товара, номер объявления
listing_url url | listing url, url, link, item url, item web url, web url, product url, product link, item link, web
  link, href, offer url, page url, adresse~, lien, url du produit, enlace, enlace del producto, ligacao, odnosnik,
  adres url, baglanti, urun linki, ссылка
seller text | seller, seller name, vendor, shop, store, merchant, sold by, dealer, verkaufer, handler, anbieter,
  vendeur, boutique~, vendedor, tienda, loja, sprzedawca, sklep, satici, magaza, продавец, магазин
manufacturer text | brand, brand name, manufacturer, maker, make, company, oem, marke, hersteller, marque, fabricant,
  marca, fabricante, marka, producent, uretici, бренд, производитель, марка
device_model text | model, device model, model name, laptop model, product model, modell, modellname, modele, modelo,
  modelo del equipo, модель
series text | series, product line, product family, line~, serie, produktlinie, produktreihe, gamme, linea~, linha~,
  seria, seri, серия
model_number text | model number, model no, part number, part no, mpn, manufacturer part number, p n, modellnummer,
  herstellernummer, numero de modele, numero de modelo, numer modelu, model numarasi, model no, номер модели
form_factor text | form factor, type~, product type, device type, typename~, type name~, category~, machine type,
  chassis, case type, bauform, geratetyp, produktart, gehause, type de produit, facteur de forme, tipo~, tipo de
  producto, factor de forma, tipo de produto, typ~, typ urzadzenia, obudowa, kasa tipi, urun tipi, форм фактор, тип
  устройства
os_license text | os, operating system, opsys, op sys, os license, os licence, os name, windows, betriebssystem,
  systeme d exploitation, systeme, sistema operativo, so~, sistema operacional, system operacyjny, isletim sistemi,
  ос, операционная система
cpu_name text | cpu, processor, cpu name, processor name, cpu model, processor model, prozessor, processeur,
  procesador, processador, procesor, islemci, islemci modeli, процессор, цп, модель процессора
cpu_family text | cpu family, processor family, processor type, cpu type, cpu series, prozessortyp, prozessorfamilie,
  type de processeur, tipo de procesador, familia del procesador, tipo de processador, typ procesora, seria procesora,
  islemci tipi, тип процессора
cpu_manufacturer text | cpu manufacturer, cpu brand, processor brand, processor manufacturer, cpu company,
  prozessormarke, marque du processeur, marca del procesador, marca do processador, producent procesora, islemci
  markasi, производитель процессора
cpu_socket text | socket, cpu socket, sockel, gniazdo, soket, сокет
cpu_cores number 0 | cores, core count, cpu cores, number of cores, kerne, coeurs, nombre de coeurs, nucleos, rdzenie,
  liczba rdzeni, cekirdek, cekirdek sayisi, ядра, количество ядер
cpu_threads number 0 | threads, thread count, cpu threads, logical cores, hilos, watki, is parcacigi, потоки
cpu_tdp_w number 0 | tdp, tdp w, cpu tdp, cpu tdp w, tdp watts
cpu_release_year number 0 | release year, cpu release year, launch year, year~, erscheinungsjahr, annee~, ano~, rok~,
  yil~, год~
cpu_mark_multi number 0 | cpu mark, cpu mark multi, cpumark, passmark, passmark cpu mark, passmark score, cpu score,
  cpu passmark, multi core score, multicore, multicore score, multithread rating, multithread, cpu benchmark, mark~,
  score~, benchmark~, benchmark score~
cpu_mark_single number 0 | cpu mark single, thread mark, single thread mark, single thread rating, single thread,
  single core score, single core, singlethread, single, st mark
igpu_model text | igpu, igpu model, integrated graphics, integrated gpu
igpu_mark number 0 | igpu mark
gpu_name text | gpu, gpu name, gpu model, graphics, graphics card, graphic card, graphics card name, video card,
  videocard name, dedicated graphics, graphics processor, chipset~, grafikkarte, grafik, carte graphique, graphique,
  tarjeta grafica, tarjeta de video, graficos, placa de video, placa grafica, karta graficzna, grafika, ekran karti,
  видеокарта, графика
gpu_manufacturer text | gpu manufacturer, gpu brand, graphics brand, gpu company
gpu_mark number 0 | gpu mark, g3d mark, passmark g3d mark, gpu score, gpu passmark, graphics score
gpu_metal_score number 0 | metal score, metal
ram_gb capacity 0 | ram gb, ram mb, memory mb, ram, memory, ram size, ram memory, memory size, memory gb, installed
  ram, installed memory, system memory, ram capacity, arbeitsspeicher, ram groesse, hauptspeicher, memoire, memoire
  vive, memoire ram, memoria, memoria ram, pamiec, pamiec ram, ilosc ram, bellek, ram bellek, sistem bellegi, ram
  boyutu, память, озу, оперативная память, объем озу
ram_type ddr | ram type, memory type, ddr, ddr generation, ram ddr, speichertyp, type de memoire, tipo de memoria,
  tipo de ram, typ pamieci, bellek tipi, тип памяти
ram_speed_mhz number 0 | ram speed, ram speed mhz, memory speed, speichertakt, ram hizi, частота памяти
ram_module_count number 0 | ram module count, ram modules, memory modules, modules~, dimms
ram_module_gb number 0 | ram module gb, module size, gb per module
ram_notes text | ram notes
storage capacity 0 | storage, memory~, hard drive, hard disk, hard drive capacity, drive, drives, disk, disks, disk
  storage, rom~, internal storage, festplatte, speicher~, massenspeicher, datentrager, speicherplatz, disque,
  disque dur, stockage, almacenamiento, disco, disco duro, armazenamento, disco rigido, dysk, dysk twardy, depolama,
  hard disk kapasitesi, диск, накопитель, жесткий диск
storage_ssd capacity 0 | ssd, ssd gb, ssd size, ssd capacity, ssd storage, ssd kapazitat, dysk ssd, ssd kapasitesi,
  объем ssd
storage_hdd capacity 0 | hdd, hdd gb, hdd size, hdd capacity, hdd storage, hdd kapazitat, dysk hdd, hdd kapasitesi,
  объем hdd
primary_storage_gb capacity 0 | primary storage gb, primary storage, storage gb, storage size, storage capacity, drive
  size, disk size, disk capacity, capacity~, main drive, drive 1, drive 1 size, disk 1, hdd1 size, hdd 1 size, ssd1
  size, kapazitat~, capacite~, capacidad~, capacidade~, pojemnosc~, pojemnosc dysku, kapasite~, объем диска
primary_storage_type medium | primary storage type, storage type, storage medium, drive type, disk type, hard drive
  type, drive 1 type, hdd1 type, hdd 1 type, festplattentyp, type de stockage, type de disque, tipo de disco, tipo de
  almacenamiento, tipo de armazenamento, typ dysku, disk turu, depolama turu, тип диска, тип накопителя
secondary_storage_gb capacity 0 | secondary storage gb, secondary storage, second drive, drive 2, drive 2 size, disk
  2, hdd2 size, hdd 2 size, second disk
secondary_storage_type medium | secondary storage type, drive 2 type, hdd2 type, hdd 2 type
primary_storage_interface text | primary storage interface
primary_storage_form_factor text | primary storage form factor
primary_storage_performance_tier text | primary storage performance tier
secondary_storage_interface text | secondary storage interface
secondary_storage_form_factor text | secondary storage form factor
secondary_storage_performance_tier text | secondary storage performance tier
screen_in text | screen size, screen, screen size in, display, display size, monitor, inches, screen inches,
  bildschirm, bildschirmgrosse, diagonale, ecran, taille de l ecran, pantalla, tamano de pantalla, tela, tamanho da
  tela, ekran, przekatna ekranu, ekran boyutu, экран, диагональ
quantity number | quantity, qty, units, lot size, menge, anzahl, stuckzahl, quantite, cantidad, quantidade, ilosc,
  liczba sztuk, adet, miktar, количество
other_components text | other components
other_urls text | other urls
notes text | notes, remarks, comment, comments, seller notes, public notes, anmerkung, anmerkungen, bemerkung,
  remarques, notas, observaciones, observacoes, uwagi, notlar, примечание, комментарий
attributes text | attributes
components text | components
raw_payload text | raw payload
price_original money 0 | price original
exchange_rate number 0 | exchange rate
rate_date date | rate date
source text | import source
- text | postage, shipping, shipping cost, delivery, versand, versandkosten, livraison, envio, frete, dostawa, kargo,
  доставка, image, image url, picture, photo, thumbnail, img, diff price, diff percent, discount, starting bid, start
  price, bid increment, current bid, bids, cash price, exchange price, trade in price, price per gb, cpu value, thread
  value, power perf, rating, ratings, reviews, review count, stars, resolution, screen resolution, weight, gewicht,
  poids, peso, waga, agirlik, вес, color, colour, unnamed 0, index, processor speed, cpu speed, clock, warranty,
  warranty status, keyboard layout, ports connectivity, purchase option, publish on website, auction start, auction
  end, touchscreen, battery, rank, percentile, samples, created at, updated at, valued at
"""

# Keys of documents around all that is said of an offer, and around one thing that is.
_HOLD_ALL = (
    "item items product products listing listings offer offers ad data attributes attrs properties props fields "
    "details specs specifications info result node"
)
HOLD_ALL = frozenset(_HOLD_ALL.split()) | {"item specifics", "product details", "technical details"}
HOLD_ONE = frozenset(["value", "amount", "text", "raw", "display", "label", "content", "name", "username", "formatted"])
SIGNS_OF_MONEY = re.compile(r"\b(?:R|US|AU|CA|NZ|HK|A|C|S)\s?\$|[$€£¥]")


def _read(table: str) -> dict[str, Meaning]:
    entries = re.split(r"\n(?=\S)", table.strip())
    found = {}
    for entry in entries:
        head, _, words = entry.partition("|")
        name, kind, *zero = head.split()
        synonyms = tuple(" ".join(word.split()) for word in words.split(","))
        found[name] = Meaning(name, ValueKind(kind), synonyms, zero_is_empty=bool(zero))
    return found


MEANINGS: dict[str, Meaning] = _read(_TABLE)


def normalised(header: str) -> str:
    """`cpuFamily`, `CPU_Family (x)` and `cpu family x` are one header; accents, case and signs say nothing."""
    text = unicodedata.normalize("NFKC", header)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])", " ", text).casefold()
    text = text.replace("ı", "i").replace("ł", "l").replace("ß", "ss").replace("œ", "oe").replace("ø", "o")
    text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", text))


@cache
def _index() -> dict[str, tuple[tuple[str, bool], ...]]:
    """Normalised synonym -> (meaning, whether it is sure); the name of a meaning is a synonym of it."""
    found: dict[str, dict[str, bool]] = {}
    for meaning in MEANINGS.values():
        for word in (meaning.name.replace("_", " "), *meaning.synonyms):
            key = normalised(word)
            if key:
                found.setdefault(key, {}).setdefault(meaning.name, not word.endswith("~"))
    return {key: tuple(names.items()) for key, names in found.items()}


def meanings_of(header: str) -> tuple[tuple[str, bool], ...]:
    """(name, whether it is sure) of each meaning that a header has; the currency it names is left out of the look.

    `item.price.value`, a path in a document, is `price`: what holds everything and what holds one value say nothing.
    """
    plain = SIGNS_OF_MONEY.sub(" ", header)
    return next(filter(None, map(_named, _readings(plain))), ())


def _named(text: str) -> tuple[tuple[str, bool], ...]:
    words = (word for word in text.split() if word not in CURRENCY_WORDS)
    return _index().get(text) or _index().get(" ".join(words), ())


def _readings(path: str) -> Iterator[str]:
    """A header as it is; of a path, also without the keys that say nothing, from the outside in."""
    yield normalised(path)
    keys = [key for key in map(normalised, path.split(".")) if key]
    while len(keys) > 1 and keys[0] in HOLD_ALL:
        keys.pop(0)
        yield " ".join(keys)
    while len(keys) > 1 and keys[-1] in HOLD_ONE:
        keys.pop()
        yield " ".join(keys)


def is_known(header: str) -> bool:
    return bool(meanings_of(header))


def header_key(headers: Iterable[str]) -> str:
    """What a file is remembered by: its headers, normalised, each once, in order of the alphabet."""
    return "\n".join(sorted({normalised(header) for header in headers} - {""}))
