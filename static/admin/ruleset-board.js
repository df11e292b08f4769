// The lines of a ruleset: each button posts one small edit, and the lines come back as they are then. Without this
// script the same buttons post the same and load the page anew.

const board = document.getElementById("board");
if (board) start();

function start() {
  const lines = board.querySelector(".rb-lines");
  const live = board.querySelector(".rb-live");
  const memory = `deal-brain.collapsed.${board.dataset.ruleset}`;
  let waiting = Promise.resolve();
  let dragged = null;

  const remembered = () => {
    try {
      const found = JSON.parse(localStorage.getItem(memory) || "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return []; // storage is off, or holds what is not ours
    }
  };
  const remember = () => {
    const closed = [...lines.querySelectorAll(".rb-group:not([open])")].map((group) => group.dataset.group);
    try {
      localStorage.setItem(memory, JSON.stringify(closed));
    } catch {
      // then groups are open the next time
    }
  };
  const collapse = () => {
    const closed = remembered();
    for (const group of lines.querySelectorAll(".rb-group")) group.open = !closed.includes(group.dataset.group);
  };

  const say = (text) => {
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = text; });
  };
  const list = () => {
    let found = document.querySelector(".messagelist");
    if (!found) {
      found = document.createElement("ul");
      found.className = "messagelist";
      document.getElementById("content-start").prepend(found);
    }
    return found;
  };
  const complain = (text) => {
    const item = document.createElement("li");
    item.className = "error";
    item.textContent = text;
    list().replaceChildren(item);
    say(text);
  };

  // What is typed and not sent outlives the lines around it.
  const typed = (but) => [...lines.querySelectorAll("input[data-key]")]
    .filter((input) => input.value !== input.defaultValue && input.dataset.key !== but)
    .map((input) => [input.dataset.key, input.value]);
  const control = (key) => lines.querySelector(`[data-key="${CSS.escape(key)}"]`);

  const focusOn = (key) => {
    if (!key) return;
    const pk = key.split(":")[1];
    const found = control(key) || control(`page:${pk}`) || lines.querySelector("a, button");
    if (!found) return;
    const group = found.closest(".rb-group");
    if (group && !group.open) group.open = true;
    const menu = found.closest(".rb-more");
    if (menu && found.tagName !== "SUMMARY") menu.querySelector("summary").focus();
    else found.focus();
    if (found.tagName === "INPUT") found.select();
  };

  const show = (answer, sent, ok) => {
    const kept = typed(ok ? sent : "");
    lines.innerHTML = answer.board;
    collapse();
    for (const [key, value] of kept) {
      const input = control(key);
      if (input) input.value = value;
    }
    list().innerHTML = answer.messages;
    say(list().innerText.replace(/\s+/g, " ").replace("Not what you meant? Undo", "Undo is among the messages."));
    focusOn(answer.focus);
    if (ok) document.dispatchEvent(new Event("lines:edited")); // what the form below would do is told of other rules
  };

  const send = async (data, sent) => {
    data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    if (lines.querySelector("[name=saw]")) data.set("saw", lines.querySelector("[name=saw]").value);
    board.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(board.dataset.edit, {
        method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "manual",
      });
      if (answer.type === "opaqueredirect") complain("You are not logged in any more. Log in in another tab, then do it again.");
      else if (!(answer.headers.get("Content-Type") || "").includes("json")) complain("The server could not do that: nothing was changed.");
      else show(await answer.json(), sent, answer.ok);
    } catch {
      complain("The server did not answer. Look whether it was done before you do it again.");
    } finally {
      board.removeAttribute("aria-busy");
    }
  };
  // One after the other: each is of the lines that the one before it left.
  const ask = (data, sent = "") => { waiting = waiting.then(() => send(data, sent)); };
  const wish = (what) => {
    const data = new FormData();
    data.set("do", what);
    ask(data);
  };

  collapse();
  lines.addEventListener("toggle", (event) => { if (event.target.matches(".rb-group")) remember(); }, true);

  lines.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, button = event.submitter;
    if (button?.getAttribute("aria-disabled") === "true") {
      say(button.value.includes("up") ? "It is the first already." : "It is the last already.");
      return;
    }
    if (form.matches(".rb-amount")) {
      const input = form.elements.amount;
      if (!input.value.trim() || input.value === input.defaultValue) {
        say("The amount is as it was: nothing was sent.");
        return;
      }
      ask(new FormData(form), input.dataset.key);
    } else if (form.matches(".rb-place")) {
      wish(`into:${form.closest(".rb-rule").dataset.rule}:${form.elements.group.value}`);
    } else if (form.matches(".rb-new")) {
      if (form.elements.name.value.trim()) ask(new FormData(form), "new-group:0");
    } else {
      wish(button.value);
    }
  });

  lines.addEventListener("click", (event) => {
    const move = event.target.closest(".rb-move");
    if (!move) return;
    event.preventDefault();
    const rule = move.closest(".rb-rule");
    const place = lines.querySelector(".rb-places").content.cloneNode(true);
    place.querySelector(`option[value="${rule.closest(".rb-group").dataset.group}"]`)?.remove();
    const select = place.querySelector("select");
    move.replaceWith(place);
    select.focus();
  });

  lines.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches(".rb-amount input")) event.target.value = event.target.defaultValue;
    const menu = event.target.closest(".rb-more");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    const rule = event.target.closest(".rb-rule");
    if (!rule || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    control(`${event.key === "ArrowUp" ? "up" : "down"}:${rule.dataset.rule}`)?.click();
  });
  // One menu at a time, and none when one has gone elsewhere.
  document.addEventListener("click", (event) => {
    if (!event.target.isConnected) return; // the link of a menu, in whose place the choice of a group stands now
    for (const menu of lines.querySelectorAll(".rb-more[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // -- Dragging: a line above another, or onto a group for its end ------------------------------------------------

  const clear = () => { for (const found of lines.querySelectorAll(".rb-over")) found.classList.remove("rb-over"); };
  const target = (event) => event.target.closest(".rb-rule") || event.target.closest(".rb-group");
  lines.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.(".rb-grip")) return;
    dragged = event.target.closest(".rb-rule");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.rule);
    event.dataTransfer.setDragImage(dragged, 10, 10);
    dragged.classList.add("rb-dragged");
  });
  lines.addEventListener("dragover", (event) => {
    const over = dragged && target(event);
    if (!over) return;
    event.preventDefault();
    clear();
    if (over !== dragged) over.classList.add("rb-over");
  });
  lines.addEventListener("drop", (event) => {
    const over = dragged && target(event);
    if (!over) return;
    event.preventDefault();
    if (over === dragged) return;
    const pk = dragged.dataset.rule;
    wish(over.matches(".rb-rule") ? `before:${pk}:${over.dataset.rule}` : `into:${pk}:${over.dataset.group}`);
  });
  lines.addEventListener("dragend", () => {
    clear();
    dragged?.classList.remove("rb-dragged");
    dragged = null;
  });
}
