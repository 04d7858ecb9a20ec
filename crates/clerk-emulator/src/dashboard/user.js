// Draws a user: the row in the list, and the detail panel.

import {
  asDate, bdi, bytes, chip, code, copyButton, drawn, escapeInvisible, facts, isRecord, make, moment, muted, or, plain,
  record, records, replacePreservingState, short, span, time, write,
} from "./elements.js";

export const plainId = (user) => (typeof user.id === "string" ? user.id : plain(user.id));
export const nameOf = (user) => [user.first_name, user.last_name].map(short).filter(Boolean).join(" ");

const isPrimary = (entry, id) => entry.id === id && id !== undefined;

export function identifierOf(user) {
  const primary = (list, id) => records(user[list]).find((entry) => isPrimary(entry, user[id])) ?? {};
  return primary("email_addresses", "primary_email_address_id").email_address
    ?? primary("phone_numbers", "primary_phone_number_id").phone_number
    ?? user.username
    ?? primary("web3_wallets", "primary_web3_wallet_id").web3_wallet;
}

export function initials(user) {
  const letter = (value) => /[\p{L}\p{N}]/u.exec(short(value))?.[0] ?? "";
  const letters = letter(user.first_name) + letter(user.last_name) || letter(identifierOf(user)) || "?";
  const element = make("span", { class: "initials", "aria-hidden": "true" }, letters.toLocaleUpperCase());
  let hue = 0;
  for (const character of plain(user.id)) hue = (hue * 31 + character.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
  return element;
}

export function stateChips(user) {
  return make("span", { class: "chips" },
    user.banned === true && chip("bad", "banned"),
    user.locked === true && chip("warn", "locked"),
    user.two_factor_enabled === true && chip("good", "MFA"),
    user.password_enabled === false && chip("", "no password"),
    user.deprovisioned === true && chip("warn", "deprovisioned"));
}

// --- Detail panel ---

const part = (title, ...children) => make("section", {}, make("h3", {}, title), ...children);
const yesNo = (value, yes, no) => (value === true ? yes : value === false ? no : or(value, "—"));

function entry(main, chips, ...notes) {
  const given = notes.filter((note) => note && (note.textContent ?? note) !== "");
  const note = given.flatMap((text, index) => (index > 0 ? [" · ", text] : [text]));
  return make("div", { class: "entry" }, make("div", {}, main, ...chips), make("div", { class: "muted" }, ...note));
}

function verification(of) {
  const { status } = record(of.verification);
  return chip(status === "verified" ? "good" : "warn", status ?? "not verified");
}

function identity(user) {
  return part("Identity", facts([
    ["Id", [code(user.id), copyButton("the id", plainId(user))]],
    ["External id", or(user.external_id, "—")],
    ["Username", or(user.username, "—")],
    ["Locale", user.locale && bdi(user.locale)],
    ["Time zone", user.timezone && bdi(user.timezone)],
    ["Created", moment(user.created_at)],
    ["Updated", moment(user.updated_at)],
    ["Last sign-in", moment(user.last_sign_in_at)],
  ]));
}

function identifiers(user) {
  const kind = (list, field, primary, name) => records(user[list]).map((each) => {
    const { strategy } = record(each.verification);
    return entry(code(each[field]), [
      isPrimary(each, user[primary]) && chip("", "primary"),
      verification(each),
      each.reserved === true && chip("", "reserved"),
      each.reserved_for_second_factor === true && chip("", "second factor"),
    ], name, code(each.id), strategy && bdi(strategy));
  });
  const all = [
    ...kind("email_addresses", "email_address", "primary_email_address_id", "Email address"),
    ...kind("phone_numbers", "phone_number", "primary_phone_number_id", "Phone number"),
    ...kind("web3_wallets", "web3_wallet", "primary_web3_wallet_id", "Wallet"),
  ];
  return part("Identifiers", all.length > 0 ? all : muted("No email address, phone number or wallet."));
}

function secondFactors(user) {
  const phones = records(user.phone_numbers).filter((phone) => phone.reserved_for_second_factor === true);
  const named = phones.map((phone) => make("div", {},
    code(phone.phone_number), phone.default_second_factor === true && " (default)"));
  return part("Multi-factor authentication", facts([
    ["State", yesNo(user.two_factor_enabled, chip("good", "on"), chip("", "off"))],
    ["Authenticator app", yesNo(user.totp_enabled, "Set up", "Not set up")],
    ["Backup codes", yesNo(user.backup_code_enabled, "Set up", "Not set up")],
    ["Phones", named.length > 0 ? named : "None"],
    ["Enabled", moment(user.mfa_enabled_at)],
    ["Disabled", moment(user.mfa_disabled_at)],
  ]));
}

function access(user) {
  const expires = user.lockout_expires_in_seconds;
  return part("Password and access", facts([
    ["Password", yesNo(user.password_enabled, "Set", "Not set")],
    ["Changed", moment(user.password_last_updated_at)],
    ["Banned", yesNo(user.banned, chip("bad", "banned"), "No")],
    ["Locked", yesNo(user.locked, chip("warn", "locked"), "No")],
    ["Lock expires", typeof expires === "number" && `in ${span(expires * 1000)}`],
    ["Attempts left", or(user.verification_attempts_remaining, "—")],
    ["Deprovisioned", user.deprovisioned === true && chip("warn", "deprovisioned")],
  ]));
}

function json(name, value, open) {
  const text = JSON.stringify(value ?? null, null, 2);
  const size = value === null || value === undefined ? "absent" : `${bytes(JSON.stringify(value))} bytes`;
  return make("details", { "data-focus": name, open: open && "" },
    make("summary", {}, name, muted(size)),
    make("div", { class: "copied" }, make("pre", { dir: "ltr" }, escapeInvisible(text)), copyButton(name, text)));
}

function metadata(user) {
  const { public_metadata: open, private_metadata: closed, unsafe_metadata: unsafe } = user;
  const filled = (value) => isRecord(value) && Object.keys(value).length > 0;
  const draw = ([name, value]) => json(name, value, filled(value));
  return part("Metadata", Object.entries({ Public: open, Private: closed, Unsafe: unsafe }).map(draw));
}

// "Passkeys" -> "passkeys", but "SAML accounts" stays unchanged.
const inSentence = (name) => name.replace(/^[A-Z](?=[a-z])/u, (letter) => letter.toLowerCase());

// The codes of errors that occur because the instance settings disable the feature.
const DISABLED = ["feature_not_enabled", "organization_not_enabled_in_instance"];

// The resources of the user: a section for each kind that is present, and one line that lists the other kinds.
function resources({ user, memberships, invitations, devices }) {
  const since = (label, at) => asDate(at) && make("span", {}, `${label} `, time(at));
  const account = (each) => entry(bdi(each.provider), [verification(each)],
    bdi(each.email_address ?? each.username ?? each.provider_user_id), code(each.id));
  const passkey = (each) => entry(or(each.name, "unnamed"), [verification(each)],
    code(each.id), since("used", each.last_used_at));
  const membership = (each) => entry(bdi(record(each.organization).name), [chip("", each.role)],
    code(record(each.organization).id), since("joined", each.created_at));
  const invitation = (each) => entry(bdi(record(each.public_organization_data).name ?? each.organization_id),
    [chip("", each.status), chip("", each.role)], bdi(each.email_address), code(each.id));
  const device = (each) => entry(or(each.name, "unnamed"), [chip(each.status === "active" ? "good" : "", each.status)],
    bdi(each.platform), code(each.id), since("used", each.last_used_at));

  const kinds = [
    ["External accounts", { data: user.external_accounts }, account],
    ["SAML accounts", { data: user.saml_accounts }, account],
    ["Enterprise accounts", { data: user.enterprise_accounts }, account],
    ["Passkeys", { data: user.passkeys }, passkey],
    ["Organizations", memberships, membership],
    ["Invitations", invitations, invitation],
    ["Devices", devices, device],
  ];
  const isDisabled = ([, response]) => DISABLED.includes(response.code);
  const isEmpty = ([, response]) => !response.failure && records(response.data).length === 0;
  const line = (label, matches) => {
    const names = kinds.filter(matches).map(([name]) => inSentence(name));
    return names.length > 0 ? `${label} ${names.join(", ")}. ` : "";
  };
  const others = line("No", isEmpty) + line("Disabled:", isDisabled);
  const sections = kinds.filter((kind) => !isEmpty(kind) && !isDisabled(kind)).map(([name, response, draw]) => {
    const entries = records(response.data).map(draw);
    const rest = response.total_count > entries.length ? ` (${entries.length} of ${plain(response.total_count)})` : "";
    return part(name + rest, response.failure ? make("p", { class: "bad" }, response.failure) : entries);
  });
  return others ? [...sections, make("section", {}, muted(others.trim()))] : sections;
}

// Draws the responses about a user, unless they are already shown.
export function drawDetail(title, body, details) {
  const text = JSON.stringify(details);
  if (drawn.get(body) === text) return;
  drawn.set(body, text);
  const { user } = details;
  if (user.failure) {
    const missing = "This user does not exist or was deleted.";
    const reason = user.status === 404 ? missing : `The user cannot be shown: ${user.failure}`;
    write(title, short(details.id));
    body.replaceChildren(make("p", { class: "empty" }, reason));
    return;
  }
  const name = make("bdi", {}, nameOf(user) || short(identifierOf(user)) || short(user.id));
  title.replaceChildren(make("span", { class: "user-name" }, initials(user), name, stateChips(user)));
  replacePreservingState(body, [
    ...[identity, identifiers, secondFactors, access, metadata].map((draw) => draw(user)),
    ...resources(details),
    part("API representation", json("JSON", user, false)),
  ]);
}
