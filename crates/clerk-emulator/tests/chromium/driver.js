// Operates the dashboard at `/?drive`, and writes a report to `<pre id="report">`: one line for each step, `ok …` or
// `not ok …`, and a last line `done`. It is an extension, because the content security policy blocks other scripts.
//
// It requires a user Ada Lovelace, further users, several requests, some of which failed, and a webhook endpoint. It clears
// the request log and deletes Ada.

"use strict";

if (location.search === "?drive") {
  const network = window.fetch.bind(window);
  const sent = []; // the requests of the dashboard
  let handler = network; // replaced to simulate failures of the server

  window.fetch = (path, options) => {
    sent.push({ path, headers: new Headers(options.headers) });
    return handler(path, options);
  };

  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const press = (key) => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  };
  const names = () => $$("#user-rows tr").map((row) => row.querySelector("a").textContent);
  const named = (name) => $$("#user-rows a").find((link) => link.textContent === name);
  const requests = () => $$("#request-table tbody");
  const deliveries = () => $$("#delivery-table tbody");
  const rounds = () => sent.filter(({ path }) => path === "/__emulator").length;

  function check(condition, message) {
    if (!condition) throw new Error(message);
  }

  async function until(condition, what) {
    for (let waited = 0; waited < 10_000; waited += 50) {
      if (condition()) return;
      await pause(50);
    }
    throw new Error(`timed out waiting for ${what}`);
  }

  async function polled(times = 2) {
    const before = rounds();
    await until(() => rounds() > before + times, `${times} rounds`);
  }

  function type(text) {
    const search = $("#search");
    search.value = text;
    search.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  // Sends a request that is not from the dashboard, so that it is in the request log.
  function call(path, method = "GET") {
    return network(path, { method, headers: { Authorization: "Bearer sk_test_driver" } });
  }

  const steps = {
    async "slash focuses the search"() {
      press("/");
      check(document.activeElement === $("#search"), "the search has no focus");
      check($("#search").value === "", "the slash was typed");
    },

    async "search filters the list"() {
      const all = names().length;
      type("lovelace");
      await until(() => names().length === 1, `one of ${all} users`);
      check(names()[0] === "Ada Lovelace", names()[0]);
      check($("#matches").textContent === "1 found", $("#matches").textContent);
      check(location.hash === "#/?query=lovelace", location.hash);
      type("no-such-user");
      await until(() => $("#no-users").textContent === "No users match.", "the empty result");
      type("");
      await until(() => names().length === all, "all users again");
      check(location.hash === "#/", location.hash);
    },

    async "click opens a user"() {
      named("Ada Lovelace").click();
      await until(() => $("#detail-body details"), "the user");
      check($("#detail-title").textContent.includes("Ada Lovelace"), $("#detail-title").textContent);
      check(location.hash.startsWith("#/users/"), location.hash);
      check(named("Ada Lovelace").getAttribute("aria-current") === "true", "the row is not marked");
      check(document.activeElement === $("#detail-title"), "the title is not focused");
    },

    async "polling preserves elements, scroll position and focus"() {
      const raw = $('details[data-focus="JSON"]');
      raw.open = true;
      const body = $("#detail-body");
      body.scrollTop = 120;
      const copy = body.querySelector("button");
      copy.focus({ preventScroll: true });
      const before = [...$$("#user-rows tr"), ...requests(), raw, copy];
      await polled();
      check(before.every((element) => element.isConnected), "elements were replaced");
      check(raw.open && body.scrollTop === 120, `open ${raw.open}, scrolled ${body.scrollTop}`);
      check(document.activeElement === copy, "the focus was lost");
    },

    async "change is drawn in place"() {
      const raw = $('details[data-focus="JSON"]');
      const others = $$("#user-rows tr").filter((row) => !row.contains(named("Ada Lovelace")));
      const id = named("Ada Lovelace").closest("tr").dataset.key;
      check((await call(`/v1/users/${id}/ban`, "POST")).ok, "the ban failed");
      await until(() => $("#detail-title .chip.bad")?.textContent === "banned", "the ban in the title");
      check(named("Ada Lovelace").closest("tr").querySelector(".chip.bad"), "the ban is not in the list");
      check(!raw.isConnected && $('details[data-focus="JSON"]').open, "the JSON is closed");
      check($("#detail-body").scrollTop === 120, `scrolled to ${$("#detail-body").scrollTop}`);
      check(document.activeElement.textContent === "Copy", "the focus was lost");
      check(others.every((row) => row.isConnected), "rows of other users were replaced");
      await until(() => requests()[0].textContent.includes(`${id}/ban`), "the request in the list");
    },

    async "delivery can be opened and replayed"() {
      const delivery = () => deliveries().find((each) => each.textContent.includes("user.updated"));
      const attempts = () => delivery().querySelectorAll(".attempt");
      await until(() => delivery()?.textContent.includes("delivered"), "the delivery of the ban");
      delivery().querySelector("[aria-expanded]").click();
      check(attempts().length === 1 && attempts()[0].textContent.includes("200"), delivery().textContent);
      delivery().querySelector("[data-replay]").click();
      await until(() => attempts().length === 2, "the second attempt");
      delivery().querySelector("[aria-expanded]").click();
      check(attempts().length === 0, "the delivery does not close");
    },

    async "example can be sent"() {
      $("#example").value = "user.deleted";
      $("#send-example").click();
      await until(() => deliveries()[0].textContent.includes("user.deleted"), "the example");
      await until(() => !$("#send-example").disabled, "the button");
    },

    async "Escape closes the panel"() {
      press("Escape");
      await until(() => $("#detail").hidden, "the panel to close");
      check(location.hash === "#/", location.hash);
      check(document.activeElement === named("Ada Lovelace"), "the focus is not on the user");
    },

    async "request opens and stays open"() {
      await call("/v1/users?limit=1&email_address[]=ada@example.com");
      await until(() => requests()[0].textContent.includes("ignored parameters"), "the request");
      const [request] = requests();
      const button = request.querySelector("button");
      button.click();
      check(button.getAttribute("aria-expanded") === "true", "the request is not open");
      const text = request.rows[1].textContent;
      for (const part of ["email_address[]=ada@example.com", "Trace id", "an ignored filter returns every user"]) {
        check(text.includes(part) || decodeURIComponent(text).includes(part), `${part} is not in ${text}`);
      }
      await call("/v1/users/user_unknown");
      await until(() => requests()[0].textContent.includes("resource_not_found"), "the next request");
      check(request === requests()[1] && request.rows.length === 2, "the request was closed");
      button.click();
      check(request.rows.length === 1, "the request does not close");
    },

    async "filter shows only errors"() {
      const all = requests().length;
      $("#errors-only").click();
      const statuses = $$("#request-table .status").map((chip) => chip.textContent);
      check(statuses.length > 0 && statuses.length < all, `${statuses.length} of ${all}`);
      check(statuses.every((status) => status === "closed" || Number(status) >= 400), statuses.join());
      check(location.hash === "#/?errors=1", location.hash);
      $("#errors-only").click();
      check(requests().length === all, "the other requests are missing");
    },

    async "request links to its user"() {
      const link = $$("#request-table a").find((each) => each.textContent.endsWith("/ban"));
      link.click();
      await until(() => $("#detail-title").textContent.includes("Ada Lovelace"), "the user");
    },

    async "deleted user is reported"() {
      const id = named("Ada Lovelace").closest("tr").dataset.key;
      check((await call(`/v1/users/${id}`, "DELETE")).ok, "the deletion failed");
      await until(() => $("#detail-body").textContent.includes("does not exist"), "the message");
      check(!named("Ada Lovelace"), "the user is listed");
      $("#close").click();
      await until(() => $("#detail").hidden, "the panel to close");
    },

    async "unreachable server is reported until it recovers"() {
      const users = names();
      handler = () => Promise.reject(new TypeError("Failed to fetch"));
      await until(() => document.documentElement.dataset.state === "error", "the error");
      check($("#banner").textContent.startsWith("The emulator is unreachable."), $("#banner").textContent);
      check(String(names()) === String(users), "the users are not shown");
      handler = () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 }));
      await until(() => $("#banner").textContent.startsWith("The emulator responded with 502."), "the response of the proxy");
      handler = network;
      await until(() => document.documentElement.dataset.state === "ready", "the recovery");
      check($("#banner").hidden, "the banner stays");
    },

    async "rejected key is requested and kept in the tab"() {
      handler = (path, options) => (options.headers.Authorization === "Bearer sk_test_typed"
        ? network(path, options)
        : Promise.resolve(new Response("{}", { status: 401 })));
      await until(() => !$("#key-form").hidden, "the form");
      check($("#workspace").hidden, "the users are still shown");
      for (const [key, state] of [["sk_test_wrong", "locked"], ["sk_test_typed", "ready"]]) {
        $("#key").value = key;
        $("#key-form button").click();
        check($("#key").value === "", "the input is not cleared");
        await until(() => document.documentElement.dataset.state === state, state);
        const problem = $("#key-problem").textContent;
        check(problem.includes("does not accept") === (state === "locked"), problem);
      }
      check($("#key-form").hidden && !$("#workspace").hidden, "the form is still shown");
      check(Object.values(sessionStorage).includes("sk_test_typed"), "the key is not kept");
      check(!document.documentElement.outerHTML.includes("sk_test_typed"), "the key is shown");
      check(localStorage.length === 0 && document.cookie === "", "the key is kept in another storage");
      handler = network;
    },

    async "clear removes the requests, and the dashboard adds none"() {
      $("#clear").click();
      await until(() => requests().length === 0, "an empty list");
      check($("#clear").disabled, "the button is enabled");
      await polled(3);
      check(requests().length === 0, "a request of the dashboard is listed");
      check(sent.every(({ headers }) => headers.get("Emulator-Dashboard") === "1"), "a request without the dashboard's header");
      await call("/v1/users/count");
      await until(() => requests().length === 1, "the next request");
    },
  };

  const drive = async () => {
    const lines = [];
    try {
      await until(() => document.documentElement.dataset.state === "ready", "the dashboard");
      for (const [name, step] of Object.entries(steps)) {
        await step().then(() => lines.push(`ok ${name}`), (error) => lines.push(`not ok ${name}: ${error.message}`));
      }
    } catch (error) {
      lines.push(`not ok: ${error.message}`);
    }
    const report = document.createElement("pre");
    report.id = "report";
    report.textContent = [...lines, "done"].join("\n");
    document.body.append(report);
  };
  addEventListener("load", drive);
}
