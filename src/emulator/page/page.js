// The emulator's root page: the users and the recent requests, asked for again and again.
//
// Whatever a server says is taken for hostile. It reaches the document as text alone, of whatever type it is, and the
// characters that could disguise it are shown as what they are.

const POLL_MS = 2000;
const SEARCH_DELAY_MS = 200;
const PAGE = 50;
const LARGEST_PAGE = 500; // the most that the API gives at once
const REQUESTS = 100;
const CELL = 200; // characters of one cell: more is cut by the layout anyway, and slow
const KEY = "emulator-key";

const root = document.documentElement;
for (const type of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(type, (event) => {
    root.dataset.problem = `${type}: ${event.message ?? event.reason ?? event.violatedDirective}`;
  });
}

const byId = (id) => document.getElementById(id);
const [search, userRows, requestTable, detail, detailBody] =
  ["search", "user-rows", "request-table", "detail", "detail-body"].map(byId);

const state = {
  key: sessionStorage.getItem(KEY) ?? "sk_test_page", // any test key will do unless the emulator was given one
  turn: 0, // which refresh is the latest: an older one's answers come too late
  now: Date.now(), // of the emulator
  wanted: PAGE,
  users: [],
  requests: [],
  opened: null, // the id of the user in the detail panel
  seen: null, // the last request that the users shown were asked for after
  expanded: new Set(),
  lastGood: null,
};

// --- The server ---

class KeyRefused extends Error {}

// A number that JavaScript would round is kept as it was written.
function exact(_name, value, context) {
  const rounds = typeof value === "number" && context?.source !== undefined && String(value) !== context.source;
  return rounds && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

async function ask(path, method = "GET") {
  const headers = { Authorization: `Bearer ${state.key}`, "Emulator-Page": "1" };
  const answer = await fetch(path, { method, headers, cache: "no-store", signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  if (answer.status === 401) throw new KeyRefused();
  if (!answer.ok) throw Object.assign(new Error(refusal(answer.status, text)), { status: answer.status });
  return text === "" ? null : JSON.parse(text, exact);
}

function refusal(status, text) {
  let why = "";
  try {
    const error = records(JSON.parse(text).errors)[0] ?? {};
    why = [error.code, error.long_message ?? error.message].filter(Boolean).map(plain).join(": ");
  } catch {
    // No error of the API, but something in front of it.
  }
  return `${status} ${why}`.trim();
}

// What must not blank the rest of the page: its error is shown in its place.
const attempt = (path) => ask(path).catch((error) => {
  if (error instanceof KeyRefused || error.status === undefined) throw error;
  return { refusal: error.message, status: error.status };
});

async function askUsers(query) {
  const filter = query === "" ? "" : `&query=${encodeURIComponent(query)}`;
  const pages = [];
  for (let offset = 0; offset < state.wanted; offset += LARGEST_PAGE) {
    const limit = Math.min(LARGEST_PAGE, state.wanted - offset);
    pages.push(attempt(`/v1/users?limit=${limit}&offset=${offset}&order_by=-created_at${filter}`));
  }
  const [count, ...answers] = await Promise.all([attempt(`/v1/users/count?${filter.slice(1)}`), ...pages]);
  return { refusal: answers.find((answer) => answer?.refusal)?.refusal, users: answers.flatMap(records), count };
}

async function askUser(id) {
  const path = `/v1/users/${encodeURIComponent(id)}`;
  const parts = ["", "/organization_memberships?limit=50", "/organization_invitations?limit=50", "/trusted_devices?limit=50"];
  const [user, memberships, invitations, devices] = await Promise.all(parts.map((part) => attempt(path + part)));
  return { id, user: record(user), memberships: record(memberships), invitations: record(invitations), devices: record(devices) };
}

// --- What a hostile value becomes ---

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const record = (value) => (isRecord(value) ? value : {});
const records = (value) => (Array.isArray(value) ? value.filter(isRecord) : []);
const bytes = (value) => new TextEncoder().encode(value).length;

// Line feeds and tabs are left to the layout; what is invisible or turns the direction of the text is named.
const DISGUISES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

function harmless(text) {
  return text.replace(DISGUISES, (found) => {
    const code = found.codePointAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

function plain(value) {
  if (value === null || value === undefined) return "";
  return harmless(typeof value === "string" ? value : JSON.stringify(value));
}

const short = (value) => {
  const text = plain(typeof value === "string" ? value.slice(0, CELL) : value);
  return text.length > CELL ? `${text.slice(0, CELL)}…` : text;
};

// --- Elements ---

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const bdi = (value) => make("bdi", {}, plain(value));
const code = (value) => make("bdi", { class: "mono" }, plain(value));
const chip = (kind, value, title) => make("span", { class: `chip ${kind}`, title }, make("bdi", {}, short(value)));

// Changes an element only if its text is another, so that nothing flickers and nothing is read out twice.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function copyButton(name, text) {
  const button = make("button", { type: "button", class: "small", "aria-label": `Copy ${name}`, "data-focus": `copy ${name}` }, "Copy");
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    write(button, copied ? "Copied" : "Not allowed");
    setTimeout(() => write(button, "Copy"), 1500);
  });
  return button;
}

const drawn = new WeakMap(); // the element of an item → what it was drawn from

// Brings the children that have a key in line with the items. A child whose item is the same stays untouched, with its
// focus, its selection and its place.
function reconcile(parent, items, keyOf, draw) {
  const focused = parent.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
  const old = new Map([...parent.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const children = new Map();
  for (const item of items) {
    let key = keyOf(item);
    while (children.has(key)) key += "′";
    const json = JSON.stringify(item);
    let child = old.get(key);
    if (!child || drawn.get(child) !== json) {
      child = draw(item);
      child.dataset.key = key;
      drawn.set(child, json);
    }
    children.set(key, child);
  }
  for (const [key, child] of old) {
    if (!children.has(key)) child.remove();
    else if (children.get(key) !== child) child.replaceWith(children.get(key));
  }
  let next = [...parent.children].find((child) => child.dataset.key) ?? null;
  for (const child of children.values()) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  if (focused && !parent.contains(document.activeElement)) children.get(focused)?.querySelector("a, button")?.focus();
}

// --- Time ---

const pad = (number, width = 2) => String(number).padStart(width, "0");
const asDate = (at) => (typeof at === "number" && Math.abs(at) <= 8.64e15 ? new Date(at) : null);
const day = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
const clock = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;

const UNITS = [["y", 31_557_600], ["mo", 2_629_800], ["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

function span(milliseconds) {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const [unit, length] = UNITS.find((entry) => seconds >= entry[1]) ?? ["s", 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

function ago(at) {
  const passed = state.now - at;
  if (Math.abs(passed) < 5000) return "just now";
  return passed > 0 ? `${span(passed)} ago` : `in ${span(passed)}`;
}

function time(at, text) {
  const date = asDate(at);
  if (!date) return at === null || at === undefined ? make("span", { class: "muted" }, "—") : bdi(at);
  const title = `${day(date)} ${clock(date)} here\n${date.toISOString()}\n${at}`;
  return make("time", { datetime: date.toISOString(), title, "data-ago": text ? null : at }, text?.(date) ?? ago(at));
}

const moment = (at) => [time(at, (date) => `${day(date)} ${clock(date)}`), asDate(at) && make("span", { class: "muted" }, " · ", time(at))];

function letTimePass() {
  for (const element of document.querySelectorAll("time[data-ago]")) write(element, ago(Number(element.dataset.ago)));
}

// --- The address: #/users/user_1?query=ada&errors=1 ---

function readHash() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const parameters = new URLSearchParams(query);
  return { id: userInPath(path), query: parameters.get("query") ?? "", errors: parameters.has("errors") };
}

function hashFor(id, query = search.value, errors = byId("errors-only").checked) {
  const parameters = new URLSearchParams({ ...(query && { query }), ...(errors && { errors: "1" }) });
  return `#/${id === null ? "" : `users/${encodeURIComponent(id)}`}${parameters.size ? `?${parameters}` : ""}`;
}

// The user that a path names, after /users or /v1/users.
function userInPath(path) {
  const segment = /^(?:\/v1)?\/users\/([^/]+)/.exec(path)?.[1];
  if (segment === undefined || ["count", "ban", "unban"].includes(segment)) return null;
  try {
    const id = decodeURIComponent(segment);
    return [".", ".."].includes(id) ? null : id; // they would leave the path that they are put into
  } catch {
    return null;
  }
}

const go = (id) => { location.hash = hashFor(id); };

function followHash() {
  const { id, query, errors } = readHash();
  const before = state.opened;
  if (search.value !== query) search.value = query;
  byId("errors-only").checked = errors;
  state.opened = id;
  byId("workspace").classList.toggle("open", id !== null);
  detail.hidden = id === null;
  if (id === null || id !== before) {
    drawn.delete(detailBody);
    detailBody.replaceChildren();
    write(byId("detail-title"), id === null ? "" : short(id));
  }
  if (id !== null && before !== id && root.dataset.state !== "loading") byId("detail-title").focus();
  if (id === null && before !== null) rowLink(before)?.focus();
  markOpened();
  drawRequests();
  poll({ afresh: true });
}

const rowLink = (id) => [...userRows.children].find((row) => row.dataset.key === id)?.querySelector("a");

function markOpened() {
  for (const row of userRows.children) {
    const link = row.querySelector("a");
    if (row.dataset.key === state.opened) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.setAttribute("href", hashFor(row.dataset.key));
  }
}

// --- Users ---

const nameOf = (user) => [user.first_name, user.last_name].map(short).filter(Boolean).join(" ");

function identifierOf(user) {
  const primary = (list, id) => records(user[list]).find((entry) => entry.id === user[id]) ?? {};
  return primary("email_addresses", "primary_email_address_id").email_address
    ?? primary("phone_numbers", "primary_phone_number_id").phone_number
    ?? user.username
    ?? primary("web3_wallets", "primary_web3_wallet_id").web3_wallet;
}

function circle(user) {
  const letter = (value) => /[\p{L}\p{N}]/u.exec(short(value))?.[0] ?? "";
  const letters = letter(user.first_name) + letter(user.last_name) || letter(identifierOf(user)) || "?";
  const element = make("span", { class: "initials", "aria-hidden": "true" }, letters.toLocaleUpperCase());
  let hue = 0;
  for (const character of plain(user.id)) hue = (hue * 31 + character.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
  return element;
}

function standing(user) {
  return make("span", { class: "chips" },
    user.banned === true && chip("bad", "banned"),
    user.locked === true && chip("warn", "locked"),
    user.two_factor_enabled === true && chip("good", "MFA"),
    user.password_enabled === false && chip("", "no password"),
    user.deprovisioned === true && chip("warn", "deprovisioned"));
}

function userRow(user) {
  const name = nameOf(user);
  const link = make("a", { href: hashFor(plainId(user)), "aria-label": name ? null : `User ${plain(user.id)}` }, make("bdi", {}, name || "—"));
  return make("tr", {},
    make("td", {}, make("span", { class: "who" }, circle(user), link)),
    make("td", {}, make("bdi", {}, short(identifierOf(user)) || "—")),
    make("td", {}, standing(user)),
    make("td", { class: "ago muted" }, time(user.created_at)));
}

const plainId = (user) => (typeof user.id === "string" ? user.id : plain(user.id));

function drawUsers({ refusal: why, users, count }, query) {
  const matching = Number.isSafeInteger(count?.total_count) ? count.total_count : users.length;
  state.users = users;
  reconcile(userRows, users, plainId, userRow);
  markOpened();
  const shown = users.length < matching ? `first ${users.length} of ${matching}` : `${matching}`;
  write(byId("matches"), why ? "" : query ? `${shown} found` : shown);
  const rest = Math.min(PAGE, matching - users.length);
  byId("more").hidden = rest <= 0 || Boolean(why);
  write(byId("more"), `Show ${rest} more`);
  const empty = byId("no-users");
  empty.hidden = users.length > 0;
  byId("user-table").hidden = users.length === 0;
  const reason = why ? `The users cannot be listed: ${why}` : query ? "No user matches." : "first";
  if (users.length > 0 || drawn.get(empty) === reason) return;
  drawn.set(empty, reason);
  empty.replaceChildren(...(reason === "first" ? firstSteps() : [make("p", {}, reason)]));
}

// A key that was typed in is not put on the screen.
function firstSteps() {
  const key = sessionStorage.getItem(KEY) === null ? state.key : "$CLERK_SECRET_KEY";
  const command = `curl ${location.origin}/v1/users \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '{"first_name":"Ada","email_address":["ada@example.com"],"skip_password_requirement":true}'`;
  return [make("p", {}, "No users yet. Create the first:"), make("pre", {}, command), copyButton("the command", command)];
}

// --- Requests ---

const failed = (request) => typeof request.status !== "number" || request.status >= 400;
const requestKey = (request) => `${plain(request.number)}/${plain(request.at)}`;
const statusClass = (status) => (typeof status !== "number" || status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "" : "good");

function took(microseconds) {
  if (typeof microseconds !== "number") return "";
  return microseconds < 1000 ? `${microseconds} µs` : microseconds < 1e6 ? `${(microseconds / 1000).toFixed(1)} ms` : `${(microseconds / 1e6).toFixed(2)} s`;
}

// Where there is no room, the id in the middle gives way.
function pathParts(path) {
  const parts = /^(\/v1\/users\/)([^/]+)(.*)$/s.exec(path)?.slice(1) ?? [path];
  return parts.map((each) => make("span", {}, each));
}

function requestBody(request) {
  const key = requestKey(request);
  const [errors, ignored] = [request.errors, request.ignored_parameters].map((list) => (Array.isArray(list) ? list : []));
  const id = userInPath(plain(request.path));
  const path = make("bdi", { class: "mono path", title: plain(request.path).slice(0, 2000) }, pathParts(short(request.path)));
  const status = typeof request.status === "number" ? request.status : "cut off";
  const button = make("button", { type: "button", "aria-expanded": "false", "aria-label": `Details of request ${plain(request.number)}` }, time(request.at, clock));
  const body = make("tbody", {}, make("tr", {},
    make("td", { class: "muted" }, button),
    make("td", {}, make("span", { class: "result" }, make("span", { class: "mono method" }, short(request.method)),
      id === null ? path : make("a", { href: hashFor(id), "data-user": id }, path))),
    make("td", { class: "operation muted" }, make("bdi", {}, short(request.operation) || "—")),
    make("td", {}, make("span", { class: "result" },
      make("span", { class: `chip status ${statusClass(request.status)}` }, status),
      ignored.length > 0 && chip("warn", "ignored parameters"),
      make("bdi", { class: "mono", title: errors.map(plain).join(", ") }, errors.map(short).join(", ")))),
    make("td", { class: "took muted" }, took(request.duration_us))));
  const open = (yes) => {
    button.setAttribute("aria-expanded", yes);
    if (yes) body.append(requestDetail(request, ignored));
    else body.rows[1]?.remove();
  };
  button.addEventListener("click", () => {
    const yes = !state.expanded.delete(key);
    if (yes) state.expanded.add(key);
    open(yes);
  });
  if (state.expanded.has(key)) open(true);
  return body;
}

function requestDetail(request, ignored) {
  const errors = (Array.isArray(request.errors) ? request.errors : []).map(plain).join(", ");
  return make("tr", { class: "more-of" }, make("td", { colspan: 5 },
    facts([
      ["Path", code(request.path)],
      ["Query", request.query ? code(request.query) : null],
      ["Operation", bdi(request.operation ?? "none: the API has no such route")],
      ["Errors", errors && code(errors)],
      ["Trace id", request.trace_id ? [code(request.trace_id), copyButton(`trace id of ${plain(request.number)}`, plain(request.trace_id))] : null],
      ["API version", bdi(request.api_version ?? "not said")],
      ["Received", moment(request.at)],
    ]),
    ignored.length > 0 && make("p", { class: "hint" }, "Ignored: ", code(ignored.map(plain).join(", ")),
      ". The service ignores unknown parameters, and an ignored filter returns every user.")));
}

function drawRequests(total = state.total) {
  state.total = total;
  const errorsOnly = byId("errors-only").checked;
  const shown = errorsOnly ? state.requests.filter(failed) : state.requests;
  reconcile(requestTable, shown, requestKey, requestBody);
  for (const link of requestTable.querySelectorAll("a[data-user]")) link.setAttribute("href", hashFor(link.dataset.user));
  const count = errorsOnly ? `${shown.length} failed` : total > shown.length ? `last ${shown.length} of ${total}` : `${shown.length}`;
  write(byId("request-count"), count);
  byId("no-requests").hidden = shown.length > 0;
  write(byId("no-requests"), errorsOnly && state.requests.length > 0 ? "No request failed." : "No requests yet. They appear here as they come; this page's own do not.");
  byId("clear").disabled = state.requests.length === 0;
}

// --- The open user ---

const facts = (pairs) => make("dl", { class: "facts" }, pairs.filter(([, value]) => value).flatMap(([name, value]) => [
  make("dt", {}, name), make("dd", {}, value)]));
const part = (title, ...children) => make("section", {}, make("h3", {}, title), ...children);
const yesNo = (value, yes = "Yes", no = "No") => (value === true ? yes : value === false ? no : make("span", { class: "muted" }, value === undefined || value === null ? "—" : plain(value)));
const or = (value, otherwise) => (value === null || value === undefined || value === "" ? make("span", { class: "muted" }, otherwise) : bdi(value));

function entry(main, chips, ...notes) {
  const note = notes.filter(Boolean).flatMap((text, index) => (index ? [" · ", text] : [text]));
  return make("div", { class: "entry" }, make("div", {}, main, ...chips), note.length > 0 && make("div", { class: "muted" }, ...note));
}

function verification(of) {
  const { status, strategy } = record(of.verification);
  if (status === null || status === undefined) return chip("warn", "not verified");
  return chip(status === "verified" ? "good" : "warn", status, strategy ? `by ${plain(strategy)}` : null);
}

function identifiers(user) {
  const kind = (list, field, primary, name) => records(user[list]).map((each) => entry(code(each[field]), [
    each.id === user[primary] && chip("", "primary"), verification(each),
    each.reserved === true && chip("", "reserved"),
    each.reserved_for_second_factor === true && chip("", "second factor"),
  ], name, code(each.id), record(each.verification).strategy && bdi(record(each.verification).strategy)));
  const all = [
    ...kind("email_addresses", "email_address", "primary_email_address_id", "Email address"),
    ...kind("phone_numbers", "phone_number", "primary_phone_number_id", "Phone number"),
    ...kind("web3_wallets", "web3_wallet", "primary_web3_wallet_id", "Wallet"),
    user.username && entry(code(user.username), [], "Username"),
  ].filter(Boolean);
  return part("Identifiers", all.length > 0 ? all : make("p", { class: "muted" }, "None"));
}

function secondFactors(user) {
  const phones = records(user.phone_numbers).filter((phone) => phone.reserved_for_second_factor === true);
  const names = phones.flatMap((phone, index) => [index > 0 && ", ", code(phone.phone_number), phone.default_second_factor === true && " (default)"]);
  return part("Multi-factor authentication", facts([
    ["State", yesNo(user.two_factor_enabled, chip("good", "on"), chip("", "off"))],
    ["Authenticator app", yesNo(user.totp_enabled, "Set up", "Not set up")],
    ["Backup codes", yesNo(user.backup_code_enabled, "Set up", "Not set up")],
    ["Phones", names.length > 0 ? names : make("span", { class: "muted" }, "None")],
    ["Enabled", moment(user.mfa_enabled_at)],
    ["Disabled", moment(user.mfa_disabled_at)],
  ]));
}

function access(user) {
  const expires = user.lockout_expires_in_seconds;
  return part("Password and access", facts([
    ["Password", yesNo(user.password_enabled, "Set", "Not set")],
    ["Changed", moment(user.password_last_updated_at)],
    ["Banned", yesNo(user.banned, chip("bad", "banned"))],
    ["Locked", yesNo(user.locked, chip("warn", "locked"))],
    ["Lock expires", typeof expires === "number" ? `in ${span(expires * 1000)}` : null],
    ["Attempts left", or(user.verification_attempts_remaining, "—")],
    ["Deprovisioned", user.deprovisioned === true ? chip("warn", "deprovisioned") : null],
  ]));
}

function json(name, value, open) {
  const text = JSON.stringify(value ?? null, null, 2);
  const size = value === null || value === undefined ? "not given" : `${bytes(JSON.stringify(value))} bytes`;
  return make("details", { "data-focus": name, open: open && "" },
    make("summary", {}, name, make("span", { class: "muted" }, size)),
    make("div", { class: "copied" }, make("pre", { dir: "ltr" }, harmless(text)), copyButton(name, text)));
}

function metadata(user) {
  const kinds = [["Public", user.public_metadata], ["Private", user.private_metadata], ["Unsafe", user.unsafe_metadata]];
  return part("Metadata", kinds.map(([name, value]) => json(name, value, isRecord(value) && Object.keys(value).length > 0)));
}

// What only some users have: the empty ones share a line.
function belongings({ user, memberships, invitations, devices }) {
  const times = (label, at) => asDate(at) && make("span", {}, `${label} `, time(at));
  const account = (each) => entry(bdi(each.provider), [verification(each)], bdi(each.email_address ?? each.username ?? each.provider_user_id), code(each.id));
  const kinds = [
    ["External accounts", records(user.external_accounts).map(account)],
    ["Enterprise accounts", records(user.enterprise_accounts).map(account)],
    ["SAML accounts", records(user.saml_accounts).map(account)],
    ["Passkeys", records(user.passkeys).map((each) => entry(or(each.name, "unnamed"), [verification(each)], code(each.id), times("used", each.last_used_at)))],
    ["Organizations", records(memberships.data).map((each) => entry(bdi(record(each.organization).name), [chip("", each.role)], code(record(each.organization).id), times("joined", each.created_at))), memberships],
    ["Invitations", records(invitations.data).map((each) => entry(bdi(record(each.public_organization_data).name ?? each.organization_id), [chip("", each.status), chip("", each.role)], bdi(each.email_address), code(each.id))), invitations],
    ["Devices", records(devices.data).map((each) => entry(or(each.name, "unnamed"), [chip(each.status === "active" ? "good" : "", each.status)], bdi(each.platform), code(each.id), times("used", each.last_used_at))), devices],
  ];
  const empty = kinds.filter(([, entries, answer]) => entries.length === 0 && !answer?.refusal).map(([name]) => name.toLowerCase());
  return [
    ...kinds.filter(([, entries]) => entries.length > 0).map(([name, entries, answer]) => part(
      answer?.total_count > entries.length ? `${name} (${entries.length} of ${plain(answer.total_count)})` : name, entries)),
    ...kinds.filter(([, , answer]) => answer?.refusal).map(([name, , answer]) => part(name, make("p", { class: "bad" }, answer.refusal))),
    empty.length > 0 && make("section", {}, make("p", { class: "muted" }, `No ${empty.join(", ")}.`)),
  ];
}

function identity(user) {
  return part("Identity", facts([
    ["Id", [code(user.id), copyButton("the id", plainId(user))]],
    ["External id", or(user.external_id, "—")],
    ["Locale", user.locale ? bdi(user.locale) : null],
    ["Created", moment(user.created_at)],
    ["Updated", moment(user.updated_at)],
    ["Last sign-in", moment(user.last_sign_in_at)],
  ]));
}

function drawDetail(answer) {
  const text = JSON.stringify(answer);
  if (drawn.get(detailBody) === text) return;
  drawn.set(detailBody, text);
  const { user } = answer;
  const title = byId("detail-title");
  if (user.refusal) {
    write(title, short(answer.id));
    detailBody.replaceChildren(make("p", { class: "empty" }, user.status === 404 ? "There is no such user, or no longer." : `The user cannot be shown: ${user.refusal}`));
    return;
  }
  title.replaceChildren(make("span", { class: "who" }, circle(user), make("bdi", {}, nameOf(user) || short(identifierOf(user)) || short(user.id)), standing(user)));
  const open = new Map([...detailBody.querySelectorAll("details")].map((each) => [each.dataset.focus, each.open]));
  const focused = detailBody.contains(document.activeElement) && document.activeElement.closest("[data-focus]")?.dataset.focus;
  const { scrollTop } = detailBody;
  detailBody.replaceChildren(...[identity(user), identifiers(user), secondFactors(user), access(user), metadata(user),
    ...belongings(answer), part("As the API writes it", json("JSON", user, false))].filter(Boolean));
  for (const each of detailBody.querySelectorAll("details")) each.open = open.get(each.dataset.focus) ?? each.open;
  if (focused) {
    const again = [...detailBody.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focused);
    (again?.querySelector("summary") ?? again)?.focus({ preventScroll: true });
  }
  detailBody.scrollTop = scrollTop;
}

// --- The head ---

function drawStatus(status) {
  state.now = asDate(status.now)?.getTime() ?? Date.now();
  const date = new Date(state.now);
  write(byId("version"), short(status.version));
  write(byId("figure-users"), status.users === null ? "–" : short(status.users));
  write(byId("figure-clock"), `${day(date)} ${clock(date)}`);
  byId("figure-clock").title = date.toISOString();
  const offset = status.clock_offset_ms;
  reconcile(byId("notices"), [
    offset && { kind: "", text: `clock moved ${offset < 0 ? "back" : "on"} by ${typeof offset === "number" ? span(offset) : plain(offset)}` },
    ...records(status.faults).map((fault) => ({ kind: "warn", text: faultText(fault), title: JSON.stringify(fault) })),
    status.rate_limits === true && { kind: "", text: "rate limits on" },
    status.in_memory === false && { kind: "", text: "another directory behind it" },
  ].filter(Boolean), (notice) => notice.text, ({ kind, text, title }) => make("li", { class: `chip ${kind}`, title: title && plain(title) }, bdi(text)));
}

function faultText({ operation, times, status }) {
  const what = typeof status === "number" ? `${status}` : "fault";
  return `${short(operation) || "everything"}: ${what}${typeof times === "number" ? ` × ${times}` : ""}`;
}

function showProblem(text) {
  byId("banner").hidden = text === null;
  if (text !== null) write(byId("banner"), text);
}

function showKeyForm(yes) {
  if (byId("key-form").hidden === !yes) return;
  byId("key-form").hidden = !yes;
  byId("workspace").hidden = yes;
  if (yes) byId("key").focus();
}

// --- The round ---

async function refresh(turn) {
  const late = () => turn !== state.turn;
  const [status, requests] = (await Promise.all([ask("/__emulator"), ask(`/__emulator/requests?limit=${REQUESTS}`)])).map(record);
  if (late()) return;
  const [query, id] = [search.value, state.opened];
  const seen = `${plain(requests.total_count)}/${plain(records(requests.data)[0]?.number)}`;
  // A directory in memory may be changed by the test itself. Another one may be slow or dear, and is asked again only
  // when somebody asked the emulator.
  const due = status.in_memory !== false || state.seen !== seen;
  const [users, user] = await Promise.all([due ? askUsers(query) : null, due && id !== null ? askUser(id) : null]);
  if (late()) return;
  state.seen = seen;
  state.requests = records(requests.data);
  drawStatus(status);
  drawRequests(typeof requests.total_count === "number" ? requests.total_count : state.requests.length);
  if (users) drawUsers(users, query);
  if (user) drawDetail(user);
  letTimePass();
  showProblem(null);
  showKeyForm(false);
  byId("workspace").hidden = false;
  state.lastGood = new Date();
  root.dataset.state = "ready";
}

function explain(error) {
  if (error instanceof KeyRefused) {
    write(byId("key-problem"), sessionStorage.getItem(KEY) === null ? "" : "The emulator does not take this key.");
    sessionStorage.removeItem(KEY);
    showProblem(null);
    showKeyForm(true);
    root.dataset.state = "locked";
    return;
  }
  const last = state.lastGood ? ` What you see is of ${clock(state.lastGood)}.` : "";
  const what = error.status ? `The emulator answers ${error.message}.` : "The emulator does not answer.";
  showProblem(`${what} Trying again every ${POLL_MS / 1000} s.${last}`);
  root.dataset.state = "error";
}

let timer;

async function poll({ afresh = false } = {}) {
  clearTimeout(timer);
  const turn = ++state.turn;
  if (afresh) state.seen = null;
  try {
    await refresh(turn);
  } catch (error) {
    if (turn === state.turn) explain(error);
  }
  if (turn !== state.turn) return;
  clearTimeout(timer);
  if (!document.hidden && root.dataset.state !== "locked") timer = setTimeout(poll, POLL_MS);
}

// --- What the developer does ---

function whenTyped() {
  clearTimeout(whenTyped.timer);
  whenTyped.timer = setTimeout(() => {
    state.wanted = PAGE;
    history.replaceState(null, "", hashFor(state.opened));
    poll({ afresh: true });
  }, SEARCH_DELAY_MS);
}

function whenKeyPressed(event) {
  const typing = event.target.matches?.("input");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && byId("key-form").hidden) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && state.opened !== null && !(typing && search.value)) {
    go(null);
  }
}

function whenKeyGiven(event) {
  event.preventDefault();
  const key = byId("key").value.trim();
  byId("key").value = "";
  write(byId("key-problem"), "");
  if (!/^[\x21-\x7e]+$/.test(key)) return; // no header could carry it
  state.key = key;
  sessionStorage.setItem(KEY, key);
  root.dataset.state = "loading";
  poll({ afresh: true });
}

async function whenCleared() {
  try {
    await ask("/__emulator/requests", "DELETE");
    state.expanded.clear();
    poll({ afresh: true });
  } catch (error) {
    explain(error);
  }
}

search.addEventListener("input", whenTyped);
byId("more").addEventListener("click", () => { state.wanted = state.users.length + PAGE; poll({ afresh: true }); });
byId("errors-only").addEventListener("change", () => { history.replaceState(null, "", hashFor(state.opened)); drawRequests(); markOpened(); });
byId("clear").addEventListener("click", whenCleared);
byId("close").addEventListener("click", () => go(null));
byId("key-form").addEventListener("submit", whenKeyGiven);
addEventListener("keydown", whenKeyPressed);
addEventListener("hashchange", followHash);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
followHash();
