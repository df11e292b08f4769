/* A condition tree as rows: JSON in, nodes, the same JSON out. Nothing here knows a page.

   A node is {id, kind, ...}: a "leaf" with `raw`, its own JSON; a "group" with `logic`, `children` and how it was
   written (`form`: a "list", a "group", or, at the root, the one "leaf" that needs none); or "other", which no rule
   may hold and which is kept until somebody takes it out. `not` over one `or` is shown as "none of", so it keeps what
   stood between (`inner`). A `blank` leaf was offered and not touched: it is not written. */

let count = 0;
const node = (kind, rest) => ({ id: ++count, kind, ...rest });

export const leaf = (rest = {}) => node("leaf", { raw: {}, ...rest });
export const group = (logic = "or", children = []) => node("group", { logic, form: "group", raw: null, children });

const isObject = (json) => json !== null && typeof json === "object" && !Array.isArray(json);
const word = (json) => (typeof json === "string" ? json.trim().toLowerCase() : "");
const isOr = (json) => isObject(json) && (json.field_name ?? null) === null && word(json.logical_operator) === "or"
  && Array.isArray(json.conditions);

/* The root of the rows; an empty tree has none. */
export function read(json) {
  if (json === null || json === undefined || (isObject(json) && !Object.keys(json).length)) json = [];
  const found = readNode(json);
  if (found.kind !== "group") return node("group", { logic: "and", form: "leaf", raw: null, children: [found] });
  if (!found.children.length && found.form === "list") found.form = "leaf";
  return found;
}

function readNode(json) {
  if (Array.isArray(json)) {
    return node("group", { logic: "and", form: "list", raw: null, children: json.map(readNode) });
  }
  if (!isObject(json)) return node("other", { raw: json });
  const names = (json.field_name ?? null) !== null;
  if (names || ((json.logical_operator ?? null) === null && (json.conditions ?? null) === null)) {
    return leaf({ raw: { ...json } });
  }
  if (!Array.isArray(json.conditions)) return node("other", { raw: json });
  const logic = word(json.logical_operator) || String(json.logical_operator);
  const [first] = json.conditions;
  if (logic === "not" && json.conditions.length === 1 && isOr(first)) {
    return node("group", { logic, form: "group", raw: { ...json }, inner: { ...first }, children: first.conditions.map(readNode) });
  }
  return node("group", { logic, form: "group", raw: { ...json }, children: json.conditions.map(readNode) });
}

/* {tree, paths}: the JSON, null for every listing, and where each node stands in it, by its id, as the server says it. */
export function write(root) {
  const paths = new Map();
  const children = root.children.filter((child) => !child.blank);
  if (!children.length && root.form === "leaf") return { tree: null, paths };
  return { tree: writeNode(root, "conditions", paths, true), paths };
}

function writeNode(from, path, paths, isRoot = false) {
  paths.set(from.id, path);
  if (from.kind === "leaf") return { ...from.raw };
  if (from.kind === "other") return from.raw;
  const children = from.children.filter((child) => !child.blank);
  const all = (inside) => children.map((child, at) => writeNode(child, `${inside}[${at}]`, paths));
  if (from.logic === "and" && from.form !== "group") {
    const alone = from.form === "leaf" && children.length === 1 && children[0].kind !== "group";
    return alone ? writeNode(children[0], path, paths) : all(path);
  }
  const inside = isRoot ? path : `${path}.conditions`;
  const said = (raw, logic) => (word(raw?.logical_operator) === logic ? raw.logical_operator : logic);
  const made = (raw, logic, conditions) => ({ ...raw, logical_operator: said(raw, logic), conditions });
  if (from.logic === "not" && (from.inner || children.length > 1)) {
    return made(from.raw, "not", [made(from.inner, "or", all(`${inside}[0].conditions`))]);
  }
  return made(from.raw, from.logic, all(inside));
}

export function leavesOf(from) {
  return from.kind === "group" ? from.children.flatMap(leavesOf) : [from];
}

/* The group that holds the node of this id, or null for the root. */
export function parentOf(root, id) {
  for (const child of root.children) {
    if (child.id === id) return root;
    const found = child.kind === "group" && parentOf(child, id);
    if (found) return found;
  }
  return null;
}

export function rejoin(from, logic) {
  from.logic = logic;
  if (logic !== "not") delete from.inner;
}

/* Beside another of its group: one place up (-1) or down (1). False at the end of the group. */
export function shift(root, moved, by) {
  const siblings = parentOf(root, moved.id).children;
  const at = siblings.indexOf(moved), to = at + by;
  if (to < 0 || to >= siblings.length) return false;
  [siblings[at], siblings[to]] = [siblings[to], siblings[at]];
  return true;
}

/* Into the group beside it, or into a new one of its own. */
export function putIn(root, moved) {
  const parent = parentOf(root, moved.id);
  const at = parent.children.indexOf(moved);
  const [before, after] = [parent.children[at - 1], parent.children[at + 1]];
  if (before?.kind === "group") before.children.push(...parent.children.splice(at, 1));
  else if (after?.kind === "group") after.children.unshift(...parent.children.splice(at, 1));
  else parent.children[at] = group(parent.logic === "and" ? "or" : "and", [moved]);
}

/* Behind the group that it is in, which goes when nothing is left in it. */
export function putOut(root, moved) {
  const parent = parentOf(root, moved.id);
  const above = parentOf(root, parent.id);
  if (!above) return;
  parent.children.splice(parent.children.indexOf(moved), 1);
  above.children.splice(above.children.indexOf(parent) + 1, 0, moved);
  if (!parent.children.length) above.children.splice(above.children.indexOf(parent), 1);
}

export function takeOut(root, gone) {
  const siblings = parentOf(root, gone.id).children;
  const at = siblings.indexOf(gone);
  siblings.splice(at, 1);
  return siblings[at] || siblings[at - 1] || null;
}

export function duplicate(root, copied) {
  const siblings = parentOf(root, copied.id).children;
  const renew = (from) => {
    from.id = ++count;
    from.children?.forEach(renew);
    return from;
  };
  const copy = renew(structuredClone(copied));
  siblings.splice(siblings.indexOf(copied) + 1, 0, copy);
  return copy;
}
