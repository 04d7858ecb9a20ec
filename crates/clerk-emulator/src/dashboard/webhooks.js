// Draws the webhooks: the endpoints, and the latest deliveries with their attempts.

import {
  bdi, bytes, chip, clock, code, copyButton, day, facts, make, muted, or, plain, reconcile, record, records, short,
  time, write,
} from "./elements.js";

const byId = (id) => document.getElementById(id);
const expanded = new Set();

const KINDS = { delivered: "good", pending: "warn", failed: "bad", dropped: "", removed: "" };
const EXAMPLES = ["user.created", "user.updated", "user.deleted"];

function took(microseconds) {
  return typeof microseconds === "number" ? `${(microseconds / 1000).toFixed(1)} ms` : "";
}

function attemptLine(attempt) {
  const { at, status, error, duration_us: duration, response } = attempt;
  const result = typeof status === "number"
    ? chip(status >= 200 && status < 300 ? "good" : "bad", `${status}`)
    : chip("bad", short(error) || "no response");
  const size = typeof response === "string" ? bytes(response) : 0;
  return make("li", { class: "attempt" }, time(at, clock), result, muted(took(duration)), size > 0 && code(short(response)));
}

function detailRow(delivery, replay) {
  const { number, event_id: event, endpoint, attempts, next_attempt_at: next } = delivery;
  const button = make("button", { type: "button", class: "small", "data-replay": plain(number) }, "Replay");
  button.addEventListener("click", () => replay(number, button));
  return make("tr", { class: "request-detail" }, make("td", { colspan: 5 },
    facts([
      ["Event id", [code(event), copyButton(`the id of delivery ${plain(number)}`, plain(event))]],
      ["Endpoint", bdi(delivery.url ?? endpoint)],
      // No relative time is shown, because the attempts use a different clock than the emulator.
      ["Next attempt", next && time(next, (date) => `${day(date)} ${clock(date)}`)],
      ["Attempts", records(attempts).length > 0
        ? make("ol", { class: "attempts" }, records(attempts).map(attemptLine))
        : muted("none")],
    ]),
    make("p", { class: "actions" }, button)));
}

function deliveryBody(delivery, { replay, linkTo }) {
  const { number, event_type: type, user_id: user, endpoint, state } = delivery;
  const attempts = records(delivery.attempts);
  const latest = record(attempts.at(-1));
  const marks = { type: "button", "aria-expanded": "false", "aria-label": `Details of delivery ${plain(number)}` };
  const button = make("button", marks, latest.at === undefined ? "—" : time(latest.at, clock));
  const name = make("bdi", { class: "mono" }, short(user));
  const body = make("tbody", {}, make("tr", {},
    make("td", { class: "muted" }, button),
    make("td", {}, make("span", { class: "result" }, make("span", { class: "method" }, short(type)),
      typeof user === "string" ? make("a", { href: linkTo(user), "data-user": user }, name) : or(user, "—"))),
    make("td", { class: "operation muted" }, make("bdi", { title: plain(delivery.url) }, short(delivery.url ?? endpoint))),
    make("td", {}, chip(KINDS[state] ?? "", state)),
    make("td", { class: "took muted" }, `${attempts.length}`)));
  const open = (yes) => {
    button.setAttribute("aria-expanded", yes);
    if (yes) body.append(detailRow(delivery, replay));
    else body.rows[1]?.remove();
  };
  button.addEventListener("click", () => {
    const yes = !expanded.delete(number);
    if (yes) expanded.add(number);
    open(yes);
  });
  if (expanded.has(number)) open(true);
  return body;
}

// Draws the responses of the control API. `actions` has the functions `replay` and `linkTo`.
export function drawWebhooks({ endpoints, deliveries }, actions) {
  const urls = new Map(records(endpoints.data).map((endpoint) => [endpoint.number, endpoint.url]));
  const shown = records(deliveries.data).map((delivery) => ({ ...delivery, url: urls.get(delivery.endpoint) }));
  reconcile(byId("delivery-table"), shown, (delivery) => plain(delivery.number), (each) => deliveryBody(each, actions));
  for (const link of byId("delivery-table").querySelectorAll("a[data-user]")) link.href = actions.linkTo(link.dataset.user);
  const sum = (field) => records(endpoints.data).reduce((total, endpoint) => total + (Number(endpoint[field]) || 0), 0);
  const counts = ["delivered", "pending", "failed", "dropped"].map((field) => [field, sum(field)]);
  const text = counts.filter(([field, count]) => count > 0 || field === "delivered").map(([field, count]) => `${count} ${field}`);
  write(byId("webhook-count"), text.join(", "));
  byId("no-deliveries").hidden = shown.length > 0;
  if (byId("example").options.length === 0) byId("example").append(...EXAMPLES.map((name) => make("option", {}, name)));
}
