/* How far a worker is, while somebody looks; the page is loaded again when the work is in another state. */

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
