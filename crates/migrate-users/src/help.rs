//! The texts below the options in the output of `--help`.

pub const OVERVIEW: &str = "\
Exit codes:
  0    all users were moved, or the file has no problems
  1    the command stopped early, or rows were rejected or differ
  2    the command could not run
  130  the command was stopped by a second Ctrl-C or SIGTERM

Environment:
  CLERK_SECRET_KEY, CLERK_API_URL   the Clerk instance or emulator
  MIGRATE_USERS_ENCRYPTION_KEYS     the keys that encrypt TOTP secrets and backup codes in a database

Files contain personal data and may contain passwords and digests. On Unix, only their owner can read the files that
this program writes.";

pub const EXPORT: &str = "\
Each line is a user in the format of Clerk's API. Exports of a database also contain password digests, TOTP secrets and
backup codes. Clerk's API returns none of these. The CSV file that the Clerk dashboard exports contains the digests.";

pub const IMPORT: &str = "\
Fields of csv and jsonl files, and of --map and --set. Case, spaces and dashes in names are ignored.
  external_id                   the id in the old system
  first_name (given_name), last_name (family_name, surname), full_name (display_name), username (login)
  email_address (email)         one or several, as a list or separated by , | or ;
  email_verified (email_confirmed_at, email_verified_at)
                                true, or the time of the verification, also as a number; if it is empty, false, 0 or a
                                time such as 0001-01-01, or if only other rows have it, the address is not verified;
                                a time in the future is rejected
  confirmed_at                  the same as email_verified; if the file has phone numbers, it must be mapped or ignored
  primary_email_address, verified_email_addresses, unverified_email_addresses
  phone_number (phone, mobile), phone_number_verified, and the same fields as for email addresses; numbers without a
                                plus sign need --default-country or --phones-without-plus
  password_digest (password_hash, encrypted_password), password_hasher, password_salt
  password                      plaintext, only with --plaintext-passwords; next to a password_hasher, a digest
  totp_secret, backup_codes, web3_wallet
  public_metadata, private_metadata, unsafe_metadata
  created_at, legal_accepted_at RFC 3339, RFC 2822 or SQL; numbers need a unit: created_at:seconds or
                                created_at:milliseconds; malformed times are dropped and counted
  banned (blocked, disabled), banned_at (blocked_at, disabled_at), active, banned_until, locked
  deleted, deleted_at, anonymous   rows to skip; a deleted_at in the future is rejected
  locale, timezone, and the other parameters of the API request that creates a user

Lists such as email_address combine the columns or keys of all names. JSON files are arrays, objects with an array of
users under any name, or one object per line.

Examples:
  migrate-users import auth0.json passwords.ndjson --to clerk
  migrate-users import users.csv --map \"customer no=external_id\" --map signup=created_at:seconds --unverified
  migrate-users import users.jsonl --to sqlite:users.db

Correct rejected rows in the rejects file and import that file, or correct the source and import it again. Rows in the
journal are not imported twice. Exit codes: see migrate-users --help.";

pub const CHECK: &str = "\
Reads the whole file and applies Clerk's rules in memory, with the given instance settings.
Exit codes: 0 if every row can be imported, 1 if rows would be rejected or a decision about verification is missing,
2 if the file cannot be read.";

pub const VERIFY: &str = "\
Finds each user by external id, and compares the fields that the file has. --check-passwords FILE also verifies
passwords: the file has the columns external_id or email, and password.
Exit codes: 0 if all users exist and are equal, 1 if users are missing or differ, 2 if the command could not run.";

pub const UNDO: &str = "\
Deletes the users that the journal lists as created, and removes the external ids of adopted users. Users that existed
before, and users whose external id has changed since, are kept. Updates are not reverted.";
