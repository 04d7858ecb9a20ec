// The dashboard: polls the users, the latest requests and the latest webhook deliveries.

import {
  bdi, chip, clock, code, copyButton, day, drawn, facts, make, moment, or, plain, reconcile, record, records, setClock,
  short, span, texts, time, write,
} from "./elements.js";
import { drawDetail, identifierOf, initials, nameOf, plainId, stateChips } from "./user.js";
import { drawWebhooks } from "./webhooks.js";

const POLL_MS = 2000;
const SEARCH_DELAY_MS = 200;
const PAGE = 50;
const LARGEST_PAGE = 500; // the maximum limit of the API
const REQUESTS = 100;
const DELIVERIES = 100;
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
  key: sessionStorage.getItem(KEY) ?? "sk_test_dashboard", // every test key is accepted unless keys are configured
  turn: 0, // the number of the latest refresh; responses of earlier ones are discarded
  limit: PAGE,
  users: [],
  requests: [],
  opened: null, // the id of the user in the detail panel
  seen: null, // the latest request when the users were fetched
  expanded: new Set(),
  lastGood: null,
};

// --- The server ---

class KeyRejected extends Error {}
class Unreachable extends Error {}

class ErrorResponse extends Error {
  constructor(status, text) {
    const error = firstError(text);
    const message = [error.code, error.long_message ?? error.message].filter(Boolean).map(plain).join(": ");
    super(`${status} ${message}`.trim());
    this.status = status;
    this.code = error.code;
  }
}

// Returns the first error in a response, or an empty error if the response is from a proxy and not from the API.
function firstError(text) {
  try {
    return record(records(JSON.parse(text).errors)[0]);
  } catch {
    return {};
  }
}

// Preserves the text of a number that JavaScript would round.
function exact(_name, value, context) {
  const rounds = typeof value === "number" && context?.source !== undefined && String(value) !== context.source;
  return rounds && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

async function call(path, method = "GET", body = undefined) {
  const headers = { Authorization: `Bearer ${state.key}`, "Emulator-Dashboard": "1" };
  const signal = AbortSignal.timeout(10_000);
  const [response, text] = await send(path, { method, headers, body, cache: "no-store", signal });
  if (response.status === 401) throw new KeyRejected();
  if (!response.ok) throw new ErrorResponse(response.status, text);
  return text === "" ? null : JSON.parse(text, exact);
}

async function send(path, options) {
  try {
    const response = await fetch(path, options);
    return [response, await response.text()];
  } catch (error) {
    throw new Unreachable(error.message);
  }
}

// Returns a failure instead of throwing an error, so that the other parts of the dashboard are still drawn.
const attempt = (path) => call(path).catch((error) => {
  if (!(error instanceof ErrorResponse)) throw error;
  return { failure: error.message, status: error.status, code: error.code };
});

// `total` is the number of all users, if it is known already.
async function fetchUsers(query, total) {
  const filter = query === "" ? "" : `&query=${encodeURIComponent(query)}`;
  const pages = [];
  for (let offset = 0; offset < state.limit; offset += LARGEST_PAGE) {
    const limit = Math.min(LARGEST_PAGE, state.limit - offset);
    pages.push(attempt(`/v1/users?limit=${limit}&offset=${offset}&order_by=-created_at${filter}`));
  }
  const known = query === "" && typeof total === "number";
  const counted = known ? { total_count: total } : attempt(`/v1/users/count?${filter.slice(1)}`);
  const [count, ...responses] = await Promise.all([counted, ...pages]);
  const failure = responses.find((response) => response?.failure)?.failure;
  return { failure, users: responses.flatMap(records), count };
}

async function fetchUser(id) {
  const path = `/v1/users/${encodeURIComponent(id)}`;
  const lists = ["organization_memberships", "organization_invitations", "trusted_devices"];
  const responses = await Promise.all([path, ...lists.map((list) => `${path}/${list}?limit=50`)].map(attempt));
  const [user, memberships, invitations, devices] = responses.map(record);
  return { id, user, memberships, invitations, devices };
}

async function fetchWebhooks() {
  const paths = ["/__emulator/webhooks", `/__emulator/webhooks/deliveries?limit=${DELIVERIES}`];
  const [endpoints, deliveries] = (await Promise.all(paths.map(attempt))).map(record);
  return { endpoints, deliveries };
}

// --- The URL: #/users/user_1?query=ada&errors=1 ---

function readHash() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const parameters = new URLSearchParams(query);
  return { id: userInPath(path), query: parameters.get("query") ?? "", errors: parameters.has("errors") };
}

function hashFor(id, query = search.value, errors = byId("errors-only").checked) {
  const parameters = new URLSearchParams({ ...(query && { query }), ...(errors && { errors: "1" }) });
  return `#/${id === null ? "" : `users/${encodeURIComponent(id)}`}${parameters.size ? `?${parameters}` : ""}`;
}

// Returns the id of the user in a path, after /users or /v1/users.
function userInPath(path) {
  const segment = /^(?:\/v1)?\/users\/([^/]+)/.exec(path)?.[1];
  if (segment === undefined || ["count", "ban", "unban"].includes(segment)) return null;
  try {
    const id = decodeURIComponent(segment);
    return [".", ".."].includes(id) ? null : id; // these segments would change the request path
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
  poll({ force: true });
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

function userRow(user) {
  const name = nameOf(user);
  const marks = { href: hashFor(plainId(user)), "aria-label": name ? null : `User ${plain(user.id)}` };
  const link = make("a", marks, make("bdi", {}, name || "—"));
  return make("tr", {},
    make("td", {}, make("span", { class: "user-name" }, initials(user), link)),
    make("td", {}, make("bdi", {}, short(identifierOf(user)) || "—")),
    make("td", {}, stateChips(user)),
    make("td", { class: "ago muted" }, time(user.created_at)));
}

function drawUsers({ failure, users, count }, query) {
  const matching = Number.isSafeInteger(count?.total_count) ? count.total_count : users.length;
  state.users = users;
  reconcile(userRows, users, plainId, userRow);
  markOpened();
  const shown = users.length < matching ? `first ${users.length} of ${matching}` : `${matching}`;
  write(byId("matches"), failure ? "" : query ? `${shown} found` : shown);
  const rest = Math.min(PAGE, matching - users.length);
  byId("more").hidden = rest <= 0 || Boolean(failure);
  write(byId("more"), `Show ${rest} more`);
  const empty = byId("no-users");
  empty.hidden = users.length > 0;
  byId("user-table").hidden = users.length === 0;
  const reason = failure ? `The users cannot be listed: ${failure}` : query ? "No users match." : "first";
  if (users.length > 0 || drawn.get(empty) === reason) return;
  drawn.set(empty, reason);
  empty.replaceChildren(...(reason === "first" ? firstSteps() : [make("p", {}, reason)]));
}

// A key that the user entered is not displayed.
function firstSteps() {
  const key = sessionStorage.getItem(KEY) === null ? state.key : "$CLERK_SECRET_KEY";
  const command = `curl ${location.origin}/v1/users \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '{"first_name":"Ada","email_address":["ada@example.com"],"skip_password_requirement":true}'`;
  const heading = make("p", {}, "No users yet. Create the first one:");
  return [heading, make("pre", {}, command), copyButton("the command", command)];
}

// --- Requests ---

const failed = (request) => typeof request.status !== "number" || request.status >= 400;
const requestKey = (request) => `${plain(request.number)}/${plain(request.at)}`;

function statusClass(status) {
  if (typeof status !== "number" || status >= 500) return "bad";
  return status >= 400 ? "warn" : status >= 300 ? "" : "good";
}

function took(microseconds) {
  if (typeof microseconds !== "number") return "";
  if (microseconds < 1000) return `${microseconds} µs`;
  return microseconds < 1e6 ? `${(microseconds / 1000).toFixed(1)} ms` : `${(microseconds / 1e6).toFixed(2)} s`;
}

// Splits a path so that the layout can shorten the id in the middle.
function pathParts(path) {
  const parts = /^(\/v1\/users\/)([^/]+)(.*)$/s.exec(path)?.slice(1) ?? [path];
  return parts.map((each) => make("span", {}, each));
}

function requestBody(request) {
  const { number, at, method, operation } = request;
  const [errors, ignored] = [request.errors, request.ignored_parameters].map(texts);
  const key = requestKey(request);
  const marks = { type: "button", "aria-expanded": "false", "aria-label": `Details of request ${plain(number)}` };
  const button = make("button", marks, time(at, clock));
  const id = userInPath(plain(request.path));
  const whole = plain(request.path).slice(0, 2000);
  const path = make("bdi", { class: "mono path", title: whole }, pathParts(short(request.path)));
  const marked = { class: `chip status ${statusClass(request.status)}` };
  const status = make("span", marked, request.status === null ? "closed" : short(request.status));
  const codes = make("bdi", { class: "mono", title: errors.join(", ") }, errors.map(short).join(", "));
  const body = make("tbody", {}, make("tr", {},
    make("td", { class: "muted" }, button),
    make("td", {}, make("span", { class: "result" }, make("span", { class: "mono method" }, short(method)),
      id === null ? path : make("a", { href: hashFor(id), "data-user": id }, path))),
    make("td", { class: "operation muted" }, or(operation && short(operation), "—")),
    make("td", {}, make("span", { class: "result" },
      status, ignored.length > 0 && chip("warn", "ignored parameters"), codes)),
    make("td", { class: "took muted" }, took(request.duration_us))));
  const open = (yes) => {
    button.setAttribute("aria-expanded", yes);
    if (yes) body.append(requestDetail(request, errors, ignored));
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

function requestDetail({ number, at, path, query, operation, trace_id: trace, api_version: version }, errors, ignored) {
  return make("tr", { class: "request-detail" }, make("td", { colspan: 5 },
    facts([
      ["Path", code(path)],
      ["Query", query && code(query)],
      ["Operation", or(operation, "none (unknown route)")],
      ["Errors", errors.length > 0 && code(errors.join(", "))],
      ["Trace id", trace && [code(trace), copyButton(`the trace id of request ${plain(number)}`, plain(trace))]],
      ["API version", or(version, "unknown")],
      ["Received", moment(at)],
    ]),
    ignored.length > 0 && make("p", { class: "hint" }, "Ignored: ", code(ignored.join(", ")),
      ". The service ignores unknown parameters, and an ignored filter returns every user.")));
}

function drawRequests(total = state.total) {
  state.total = total;
  const errorsOnly = byId("errors-only").checked;
  const shown = errorsOnly ? state.requests.filter(failed) : state.requests;
  reconcile(requestTable, shown, requestKey, requestBody);
  for (const link of requestTable.querySelectorAll("a[data-user]")) link.href = hashFor(link.dataset.user);
  const count = total > shown.length ? `last ${shown.length} of ${total}` : `${shown.length}`;
  write(byId("request-count"), errorsOnly ? `${shown.length} failed` : count);
  const none = "No requests yet. Requests of this dashboard are not listed.";
  byId("no-requests").hidden = shown.length > 0;
  write(byId("no-requests"), state.requests.length > 0 ? "No requests failed." : none);
  byId("clear").disabled = state.requests.length === 0;
}

// --- Webhooks ---

const webhookActions = {
  linkTo: hashFor,
  replay: (number, button) => act(button, `/__emulator/webhooks/deliveries/${encodeURIComponent(number)}/replay`),
};

function showWebhooks(status, webhooks) {
  const shown = typeof status.webhooks === "number" && status.webhooks > 0;
  byId("webhooks").hidden = !shown;
  byId("workspace").classList.toggle("with-webhooks", shown);
  if (shown && webhooks) drawWebhooks(webhooks, webhookActions);
}

// Sends a request for a button, which is disabled until the response arrives.
async function act(button, path, body) {
  button.disabled = true;
  try {
    await call(path, "POST", body);
    poll();
  } catch (error) {
    explain(error);
  } finally {
    button.disabled = false;
  }
}

// --- Header ---

function drawStatus(status) {
  const date = setClock(status.now);
  write(byId("version"), short(status.version));
  write(byId("figure-users"), short(status.users) || "–");
  write(byId("figure-clock"), `${day(date)} ${clock(date)}`);
  byId("figure-clock").title = date.toISOString();
  const draw = ({ kind, text, title }) => make("li", { class: `chip ${kind}`, title }, bdi(text));
  reconcile(byId("notices"), notices(status), (notice) => notice.text, draw);
}

function notices({ clock_offset_ms: offset, faults, rate_limits: limits, store }) {
  const plainly = (text) => ({ kind: "", text });
  return [
    Boolean(offset) && plainly(`clock ${offset < 0 ? "set back" : "advanced"} by ${span(offset)}`),
    ...records(faults).map((fault) => ({ kind: "warn", text: faultText(fault), title: plain(fault) })),
    limits === true && plainly("rate limits on"),
    store === false && plainly("gateway to another directory"),
  ].filter(Boolean);
}

function faultText({ operation, times, status, cut, delay_ms: delay }) {
  const effects = [
    typeof status === "number" && `${status}`,
    cut && "connection closed",
    Boolean(delay) && `delayed by ${short(delay)} ms`,
  ];
  const count = typeof times === "number" ? ` × ${times}` : "";
  return `${short(operation) || "any operation"}: ${effects.filter(Boolean).join(", ") || "fault"}${count}`;
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

// --- Polling ---

async function refresh(turn) {
  const isStale = () => turn !== state.turn;
  const responses = await Promise.all([call("/__emulator"), call(`/__emulator/requests?limit=${REQUESTS}`)]);
  const [status, requests] = responses.map(record);
  if (isStale()) return;
  const [query, id] = [search.value, state.opened];
  const seen = `${plain(requests.total_count)}/${plain(records(requests.data)[0]?.number)}`;
  // A test can change a store directly. Requests to another directory can be slow or expensive, so they
  // are only repeated after the emulator has received a request.
  const due = status.store !== false || state.seen !== seen;
  const [users, user, webhooks] = await Promise.all([
    due ? fetchUsers(query, status.users) : null,
    due && id !== null ? fetchUser(id) : null,
    status.webhooks > 0 ? fetchWebhooks() : null,
  ]);
  if (isStale()) return;
  state.seen = seen;
  state.requests = records(requests.data);
  drawStatus(status);
  drawRequests(typeof requests.total_count === "number" ? requests.total_count : state.requests.length);
  showWebhooks(status, webhooks);
  if (users) drawUsers(users, query);
  if (user) drawDetail(byId("detail-title"), detailBody, user);
  showProblem(null);
  showKeyForm(false);
  byId("workspace").hidden = false;
  state.lastGood = new Date();
  root.dataset.state = "ready";
}

function explain(error) {
  if (error instanceof KeyRejected) {
    write(byId("key-problem"), sessionStorage.getItem(KEY) === null ? "" : "The emulator does not accept this key.");
    sessionStorage.removeItem(KEY);
    showProblem(null);
    showKeyForm(true);
    root.dataset.state = "locked";
    return;
  }
  const last = state.lastGood ? ` Showing data from ${clock(state.lastGood)}.` : "";
  const retry = ` Retrying every ${POLL_MS / 1000} s.${last}`;
  if (error instanceof Unreachable) showProblem(`The emulator is unreachable.${retry}`);
  else if (error instanceof ErrorResponse) showProblem(`The emulator responded with ${error.message}.${retry}`);
  else showProblem(`The response is invalid: ${error.message}.${retry}`);
  const isExpected = error instanceof Unreachable || error instanceof ErrorResponse;
  if (!isExpected) root.dataset.problem = `refresh: ${error.message}`;
  root.dataset.state = "error";
}

let timer;

async function poll({ force = false } = {}) {
  clearTimeout(timer);
  const turn = ++state.turn;
  if (force) state.seen = null;
  try {
    await refresh(turn);
  } catch (error) {
    if (turn === state.turn) explain(error);
  }
  if (turn !== state.turn) return;
  clearTimeout(timer);
  if (!document.hidden && root.dataset.state !== "locked") timer = setTimeout(poll, POLL_MS);
}

// --- Event handlers ---

let typing;

function onSearchInput() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    state.limit = PAGE;
    history.replaceState(null, "", hashFor(state.opened));
    poll({ force: true });
  }, SEARCH_DELAY_MS);
}

function onKeyDown(event) {
  const inField = event.target.matches?.("input");
  const withModifier = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "/" && !inField && !withModifier && byId("key-form").hidden) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && state.opened !== null && !(inField && search.value)) {
    go(null);
  }
}

function onKeySubmit(event) {
  event.preventDefault();
  const key = byId("key").value.trim();
  byId("key").value = "";
  write(byId("key-problem"), "");
  if (!/^[\x21-\x7e]+$/.test(key)) return; // the key is not a valid header value
  state.key = key;
  sessionStorage.setItem(KEY, key);
  root.dataset.state = "loading";
  poll({ force: true });
}

async function onClear() {
  try {
    await call("/__emulator/requests", "DELETE");
    state.expanded.clear();
    poll({ force: true });
  } catch (error) {
    explain(error);
  }
}

search.addEventListener("input", onSearchInput);
byId("more").addEventListener("click", () => { state.limit = state.users.length + PAGE; poll({ force: true }); });
byId("errors-only").addEventListener("change", () => {
  history.replaceState(null, "", hashFor(state.opened));
  drawRequests();
  markOpened();
});
byId("clear").addEventListener("click", onClear);
byId("send-example").addEventListener("click", ({ target }) => {
  act(target, "/__emulator/webhooks/examples", JSON.stringify({ event_type: byId("example").value }));
});
byId("close").addEventListener("click", () => go(null));
byId("key-form").addEventListener("submit", onKeySubmit);
addEventListener("keydown", onKeyDown);
addEventListener("hashchange", followHash);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
followHash();
