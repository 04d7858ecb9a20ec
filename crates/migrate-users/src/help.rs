//! The texts below the options in the output of `--help`.

pub const OVERVIEW: &str = "\
Exit codes:
  0    the command succeeded for all users
  1    the command stopped early, rows were rejected, users are missing or differ, or the undo is incomplete
  2    the command could not run
  130  the command was stopped by a second Ctrl-C or SIGTERM

Environment:
  CLERK_SECRET_KEY, CLERK_API_URL   the Clerk instance or emulator
  MIGRATE_USERS_ENCRYPTION_KEYS     the keys that encrypt TOTP secrets and backup codes in a database

The files that this program writes contain personal data, and may contain passwords, digests and other secrets. On
Unix, only their owner can read them.";

pub const EXPORT: &str = "\
Each line is a user in the format of Clerk's API. Exports of a database also contain password digests, TOTP secrets and
backup codes. Clerk's API does not return them. The CSV file that the Clerk dashboard exports contains the digests.";

pub const IMPORT: &str = "\
Fields for --map and --set, and for files from other systems (--from csv or jsonl), with aliases in parentheses. The
names First Name, first-name and firstName are the same as first_name.
  external_id                   the id in the old system
  first_name (given_name), last_name (family_name, surname), full_name (display_name), username (login)
  email_address (email)         one or more addresses, as a list or separated by , | ; or line feeds
  email_verified (email_confirmed_at, email_verified_at)
                                true, or the time of the verification, which can be a number; the address is imported as
                                reserved (not verified) if the field is false, 0, empty or a time such as 0001-01-01, or
                                if only other rows have the field; a row with a time in the future is rejected
  confirmed_at                  an alias of email_verified; if the file has phone numbers, it must be mapped or ignored;
                                files from Supabase: ignored, or must be mapped or ignored if there is neither
                                email_confirmed_at nor phone_confirmed_at
  primary_email_address, verified_email_addresses, unverified_email_addresses
  phone_number (phone, mobile), phone_number_verified, and the same other fields as for email addresses; numbers
                                without a plus sign need --default-country or --phones-without-plus
  password_digest (password_hash, encrypted_password), password_hasher, password_salt
  password                      plaintext, only with --plaintext-passwords; a digest if the row has a password_hasher
  totp_secret, backup_codes, web3_wallet
  public_metadata, private_metadata, unsafe_metadata
  created_at, legal_accepted_at
                                times in RFC 3339, RFC 2822 or SQL format, in UTC unless they have an offset; numbers
                                need a unit: created_at:seconds or created_at:milliseconds; malformed times are dropped
                                and counted
  banned (blocked, disabled, suspended, deactivated, banned_at, blocked_at, disabled_at, suspended_at, deactivated_at),
  active (enabled), banned_until
                                the user is banned if any of these fields indicates it; banned is true, or the time of
                                the ban, which must not be in the future
  locked (locked_at)            true, or the time of the lock, which must not be in the future
  deleted, deleted_at, anonymous
                                rows of deleted or anonymous users are skipped; a row with a deleted_at in the future is
                                rejected
  locale, timezone, and the other parameters of the API request that creates a user

If several columns or keys map to a list such as email_address, their values are combined. A JSON file contains an
array, an object with an array of users under any key, or one object per line.

Examples:
  migrate-users import auth0.json passwords.ndjson --to clerk
  migrate-users import users.csv --map \"customer no=external_id\" --map signup=created_at:seconds --unverified
  migrate-users import users.jsonl --to sqlite:users.db

Correct rejected rows in the rejects file and import that file, or correct the original file and import it again. Rows
in the journal are skipped, except for changed rows with --update. Exit codes: see migrate-users --help.";

pub const CHECK: &str = "\
Reads the whole file and applies Clerk's rules in memory, with the given instance settings. Unknown columns are
reported, and the rows are checked without them.
Exit codes: 0 if every row can be imported, 1 if rows would be rejected or the import requires another option, for
example because a column is unknown, 2 if the command could not run, for example because the file cannot be read.";

pub const VERIFY: &str = "\
Looks up each user by external id, and compares the user with the row. For passwords, TOTP secrets and backup codes,
checks only that they exist. Fields whose values the directory rejected, which the journal lists, are not compared.
--check-passwords FILE verifies known plaintext passwords. That file has a column password, and a column external_id,
id, email, username or phone. Pass the same options for the input file as to the import.
Exit codes: 0 if all users exist and match, 1 if users are missing or differ, rows are rejected, users of deleted rows
exist, or passwords are incorrect or cannot be verified, 2 if the command could not run.";

pub const UNDO: &str = "\
Deletes the users that the journal lists as created, and removes the external ids of adopted users. Users that existed
before the import, and users whose external id has changed since, are kept. If a response was lost or a run was
interrupted, it may be unknown whether the import created a user. Such users are kept and listed. Updates are not
reverted.
Exit codes: 0 if the import was undone, 1 if the command stopped early, an external id has changed or users are listed,
2 if the command could not run.";
