/* The page of an import without it is whole: this says early that a file is too large. */

const drop = document.querySelector(".drop");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  const problems = drop.querySelector(".problems");
  input.addEventListener("change", () => {
    const file = input.files[0];
    problems.replaceChildren();
    if (!file || file.size <= Number(drop.dataset.mostBytes)) return;
    const told = document.createElement("p");
    told.className = "errornote";
    told.textContent = drop.dataset.tooLarge;
    problems.append(told);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}
