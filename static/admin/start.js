/* The answer that takes a look at every listing comes after the page. Without this a link leads to it. */

for (const box of document.querySelectorAll("[data-fragment]")) {
  const inside = box.querySelector(".fragment");
  const link = inside.querySelector("a");
  const failed = (why) => {
    const told = document.createElement("p");
    told.append(`${why} `, link);
    inside.replaceChildren(told);
  };
  try {
    const answer = await fetch(box.dataset.fragment, { credentials: "same-origin", headers: { "X-Fragment": "1" } });
    if (answer.redirected) failed("You are signed out: sign in, and look again.");
    else if (!answer.ok) failed("The answer did not come.");
    else inside.innerHTML = await answer.text();
  } catch {
    failed("The server could not be reached.");
  }
  box.removeAttribute("aria-busy");
}
