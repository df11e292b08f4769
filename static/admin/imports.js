/* The page of an import without it is whole: this says early that a file is too large, and shows how far a worker is. */

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

const work = document.querySelector("[data-progress]");
const look = async () => {
  try {
    const answer = await fetch(work.dataset.progress, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (answer.ok && !answer.redirected) {
      const { state, done, total } = await answer.json();
      if (state !== work.dataset.state) return location.reload();
      work.querySelector("progress").max = total || 1;
      work.querySelector("progress").value = done;
      work.querySelector(".done").textContent = done;
      work.querySelector(".total").textContent = total;
    }
  } catch { /* The server may be away for a moment: the next look tells. */ }
  setTimeout(look, 1500);
};
if (work) setTimeout(look, 800);
