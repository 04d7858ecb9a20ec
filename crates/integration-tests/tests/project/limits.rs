//! Checks the table of limits in the guide: every limit has the value of its constants, and tests of its behavior.

use user_directory::model::{MAX_BULK_SIZE, MAX_FILTER_VALUES, MAX_LIMIT, MAX_LIST_VALUES, ProfileImage};
use user_directory::{
    Error, InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery,
};

use crate::documents::{read, table};

/// A row of the table of limits.
struct Limit {
    what: &'static str,
    value: &'static str,
    /// The files and the declarations of the constants.
    constants: &'static [(&'static str, &'static str)],
    /// The files and the names of the tests of the limit's behavior.
    tests: &'static [(&'static str, &'static str)],
}

/// The tests of the limits on texts.
const TEXTS: &[(&str, &str)] =
    &[("src/rules/create/tests.rs", "create_limits_the_length_of_external_id_locale_and_totp_secret")];

const LIMITS: &[Limit] = &[
    Limit {
        what: "external id",
        value: "512 characters",
        constants: &[("src/rules/validation.rs", "MAX_EXTERNAL_ID_CHARS: usize = 512")],
        tests: TEXTS,
    },
    Limit {
        what: "locale",
        value: "64 characters",
        constants: &[("src/rules/validation.rs", "MAX_LOCALE_CHARS: usize = 64")],
        tests: TEXTS,
    },
    Limit {
        what: "TOTP secret",
        value: "256 characters",
        constants: &[("src/rules/validation.rs", "MAX_TOTP_SECRET_CHARS: usize = 256")],
        tests: TEXTS,
    },
    Limit {
        what: "idempotency key and note of a credit adjustment",
        value: "256 and 1,024 characters",
        constants: &[
            ("src/rules/billing.rs", "MAX_KEY_CHARS: usize = 256"),
            ("src/rules/billing.rs", "MAX_NOTE_CHARS: usize = 1024"),
        ],
        tests: &[("src/rules/billing/tests.rs", "adjust_credit_limits_the_length_of_the_key_and_the_note")],
    },
    Limit {
        what: "URL of a `ClerkUserDirectory` request",
        value: "65,534 bytes",
        constants: &[("src/clerk/request.rs", "MAX_URL: usize = 65_534")],
        tests: &[(
            "crates/integration-tests/tests/faults/injection.rs",
            "list_and_count_reject_queries_too_long_for_a_url",
        )],
    },
    Limit {
        what: "period of a rate limit",
        value: "366 days",
        constants: &[("src/rate_limits.rs", "MAX_PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60)")],
        tests: &[
            ("src/rate_limits/bucket.rs", "validate_rejects_periods_over_366_days"),
            (
                "crates/integration-tests/tests/clerk/configuration.rs",
                "build_rejects_invalid_headers_timeouts_and_limits",
            ),
        ],
    },
    Limit {
        what: "users tracked for the per-user limit on updates",
        value: "10,000, or twice the number of users left after the last cleanup, whichever is greater",
        constants: &[("src/rate_limits/bucket.rs", "FIRST_CLEANUP: usize = 10_000")],
        tests: &[("src/rate_limits/bucket.rs", "full_buckets_are_removed_whenever_the_number_of_buckets_has_doubled")],
    },
    Limit {
        what: "size of an imported digest",
        value: "4,096 bytes",
        constants: &[("src/rules/password_hash.rs", "MAX_DIGEST_BYTES: usize = 4096")],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_digests_over_4096_bytes"),
            (
                "crates/integration-tests/tests/in_memory/passwords.rs",
                "create_and_update_reject_digests_over_4096_bytes",
            ),
        ],
    },
    Limit {
        what: "cost of a bcrypt digest",
        value: "15",
        constants: &[("src/rules/password_hash/bcrypt_family.rs", "COSTS: RangeInclusive<u32> = 4..=15")],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "memory of an Argon2 digest",
        value: "256 MiB; memory × passes at most 4 GiB",
        constants: &[
            ("src/rules/password_hash/foreign/argon2_phc.rs", "MAX_MEMORY_KIB: u32 = 256 * 1024"),
            ("src/rules/password_hash/foreign/argon2_phc.rs", "MAX_WORK_KIB: u32 = 4 * 1024 * 1024"),
        ],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "memory of an scrypt digest",
        value: "256 MiB; memory × parallelism at most 1 GiB",
        constants: &[
            ("src/rules/password_hash/foreign/scrypt_family.rs", "MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024"),
            ("src/rules/password_hash/foreign/scrypt_family.rs", "MAX_WORK_BYTES: u64 = 1024 * 1024 * 1024"),
        ],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "total rounds of a PBKDF2 digest over all output blocks",
        value: "5,000,000",
        constants: &[("src/rules/password_hash/foreign/pbkdf2_family.rs", "MAX_ROUNDS: u32 = 5_000_000")],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "rounds of a phpass digest",
        value: "262,144 (2^18)",
        constants: &[("src/rules/password_hash/foreign/phpass.rs", "LOG2_ROUNDS: RangeInclusive<usize> = 7..=18")],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "rounds of a Symfony digest",
        value: "200,000",
        constants: &[("src/rules/password_hash/foreign/plain_hash.rs", "MAX_SYMFONY_ROUNDS: u32 = 200_000")],
        tests: &[
            ("src/rules/password_hash/tests/rejections.rs", "check_format_accepts_the_maximum_costs"),
            ("src/rules/password_hash/tests/rejections.rs", "check_format_and_verify_reject_excessive_costs"),
        ],
    },
    Limit {
        what: "password that is verified against a phpass or Symfony digest",
        value: "4,096 bytes",
        constants: &[("src/rules/password_hash/foreign.rs", "MAX_ITERATED_PASSWORD_BYTES: usize = 4096")],
        tests: &[(
            "src/rules/password_hash/tests/rejections.rs",
            "verify_accepts_passwords_of_at_most_4096_bytes_for_phpass_and_symfony",
        )],
    },
    Limit {
        what: "total bcrypt rounds (2^cost per digest) of the backup codes of a user",
        value: "131,072, equivalent to 32 digests with a cost of 12",
        constants: &[("src/rules/second_factors.rs", "MAX_BCRYPT_ROUNDS: u64 = 1 << 17")],
        tests: &[("src/rules/second_factors/tests.rs", "check_backup_codes_limits_the_total_cost_of_digests")],
    },
    Limit {
        what: "concurrent password hash computations in a process",
        value: "one per core, and 512 MiB of memory for Argon2 and scrypt",
        constants: &[("src/store_directory/hashing.rs", "MEMORY_MIB: u32 = 512")],
        tests: &[
            ("src/store_directory/hashing.rs", "concurrent_verification_is_limited_by_threads_and_memory"),
            (
                "src/store_directory/hashing.rs",
                "verify_password_waits_for_the_memory_of_the_digest_in_the_pool_of_the_process",
            ),
        ],
    },
    Limit {
        what: "size of a response, after decompression",
        value: "64 MiB",
        constants: &[("src/clerk/response.rs", "MAX_RESPONSE: usize = 64 * 1024 * 1024")],
        tests: &[("crates/integration-tests/tests/clerk/errors.rs", "response_over_64_mib_is_a_decode_error")],
    },
    Limit {
        what: "memory used by the lists and maps in a response or webhook",
        value: "about 16 MiB plus 4 bytes per byte of JSON",
        constants: &[
            ("src/model/lenient/limits.rs", "BASE_MEMORY: usize = 16 * 1024 * 1024"),
            ("src/model/lenient/limits.rs", "MEMORY_PER_BYTE: usize = 4"),
        ],
        tests: &[
            ("src/model/lenient/limits.rs", "lists_use_memory_in_proportion_to_the_document"),
            (
                "crates/integration-tests/tests/clerk/responses.rs",
                "list_and_get_fail_if_a_small_response_would_use_much_memory",
            ),
            ("crates/integration-tests/tests/webhooks/verify.rs", "verify_limits_the_memory_of_lists"),
        ],
    },
    Limit {
        what: "body of an error response",
        value: "64 KiB, within 2 s",
        constants: &[
            ("src/clerk/response.rs", "MAX_ERROR: usize = 64 * 1024"),
            ("src/clerk/response.rs", "ERROR_TIMEOUT: Duration = Duration::from_secs(2)"),
        ],
        tests: &[
            ("crates/integration-tests/tests/clerk/errors.rs", "error_body_over_the_limit_is_classified_by_status"),
            (
                "crates/integration-tests/tests/clerk/transport.rs",
                "stalled_error_body_does_not_use_up_the_attempt_timeout",
            ),
        ],
    },
    Limit {
        what: "nesting of decoded values in a response or webhook, excluding metadata and unknown fields",
        value: "127 levels",
        constants: &[("src/model/lenient/document/deserializer.rs", "MAX_DEPTH: u8 = 127")],
        tests: &[("src/model/lenient/document.rs", "document_rejects_decoded_values_with_more_than_127_levels")],
    },
    Limit {
        what: "`Retry-After`",
        value: "24 hours",
        constants: &[(
            "src/clerk/response/retry_after.rs",
            "MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60)",
        )],
        tests: &[("src/clerk/response/retry_after.rs", "retry_after_is_seconds_or_a_date")],
    },
    Limit {
        what: "JSON path of an invalid value in an error",
        value: "16 segments",
        constants: &[("src/error/path.rs", "MAX_STEPS: usize = 16")],
        tests: &[("src/error/path.rs", "path_has_at_most_16_steps")],
    },
    Limit {
        what: "`meta` of a detail",
        value: "64 KiB of JSON",
        constants: &[("src/model/error_detail.rs", "MAX_META_BYTES: usize = 64 * 1024")],
        tests: &[(
            "crates/integration-tests/tests/clerk/tracing.rs",
            "meta_of_an_error_over_64_kib_is_ignored_with_an_event",
        )],
    },
    Limit {
        what: "warnings about invalid values in a response or webhook",
        value: "10",
        constants: &[("src/model/lenient/limits.rs", "MAX_WARNINGS: u64 = 10")],
        tests: &[
            (
                "crates/integration-tests/tests/clerk/tracing.rs",
                "invalid_values_of_one_response_emit_a_limited_number_of_events",
            ),
            (
                "crates/integration-tests/tests/clerk/tracing.rs",
                "invalid_values_of_one_webhook_emit_a_limited_number_of_events",
            ),
        ],
    },
    Limit {
        what: "size of a webhook body",
        value: "1 MiB",
        constants: &[("src/webhooks/verifier.rs", "MAX_BODY_BYTES: usize = 1024 * 1024")],
        tests: &[("crates/integration-tests/tests/webhooks/verify.rs", "verify_limits_the_body")],
    },
    Limit {
        what: "webhook body for which `VerifyError::BodyModified` is reported",
        value: "64 KiB",
        constants: &[("src/webhooks/verifier.rs", "MAX_DIAGNOSED_BYTES: usize = 64 * 1024")],
        tests: &[(
            "crates/integration-tests/tests/webhooks/verify.rs",
            "verify_reports_the_modification_of_a_body_only_up_to_64_kib",
        )],
    },
    Limit {
        what: "ids of applied events that a replica keeps in memory",
        value: "10,000",
        constants: &[("src/decorators/replicated/recent.rs", "MAX: usize = 10_000")],
        tests: &[("src/decorators/replicated/recent.rs", "oldest_event_is_removed_first")],
    },
    Limit {
        what: "difference between the timestamp of a webhook and the current time",
        value: "5 minutes",
        constants: &[("src/webhooks/verifier.rs", "TOLERANCE: Duration = Duration::from_secs(5 * 60)")],
        tests: &[(
            "crates/integration-tests/tests/webhooks/verify.rs",
            "verify_accepts_five_minutes_in_either_direction",
        )],
    },
    Limit {
        what: "open connections",
        value: "512, or half of the process's file descriptor limit if that is lower",
        constants: &[("crates/clerk-emulator/src/connections.rs", "MAX_CONNECTIONS: usize = 512")],
        tests: &[
            ("crates/clerk-emulator/src/connections.rs", "connections_over_the_limit_wait_until_one_is_closed"),
            ("crates/clerk-emulator/src/connections.rs", "limit_of_connections_leaves_half_of_the_file_descriptors"),
        ],
    },
    Limit {
        what: "head of a request",
        value: "128 KiB, within 30 s, including the time before its first byte",
        constants: &[
            ("crates/clerk-emulator/src/connections.rs", "MAX_HEAD: usize = 128 * 1024"),
            ("crates/clerk-emulator/src/connections.rs", "HEAD_TIMEOUT: Duration = Duration::from_secs(30)"),
        ],
        tests: &[
            ("crates/clerk-emulator/src/connections.rs", "head_over_128_kib_is_rejected"),
            (
                "crates/clerk-emulator/src/connections.rs",
                "connection_without_a_complete_head_is_closed_after_30_seconds",
            ),
        ],
    },
    Limit {
        what: "time without progress while a response is sent",
        value: "30 s",
        constants: &[("crates/clerk-emulator/src/connections.rs", "WRITE_TIMEOUT: Duration = Duration::from_secs(30)")],
        tests: &[(
            "crates/clerk-emulator/src/connections.rs",
            "connection_whose_client_does_not_read_is_closed_after_30_seconds",
        )],
    },
    Limit {
        what: "concurrent API requests",
        value: "512, including those that continue after the client has closed the connection",
        constants: &[("crates/clerk-emulator/src/app.rs", "MAX_REQUESTS: usize = 512")],
        tests: &[(
            "crates/clerk-emulator/tests/emulator/closed_connections.rs",
            "number_of_requests_whose_connection_was_closed_is_limited",
        )],
    },
    Limit {
        what: "concurrent control API requests",
        value: "8",
        constants: &[("crates/clerk-emulator/src/control.rs", "MAX_CALLS: usize = 8")],
        tests: &[(
            "crates/clerk-emulator/tests/emulator/control.rs",
            "concurrent_seeds_leave_threads_for_password_hashing",
        )],
    },
    Limit {
        what: "body of a request to the API",
        value: "10 MiB, within 60 s",
        constants: &[
            (
                "crates/clerk-emulator/src/rejection.rs",
                "MAX_BODY: usize = user_directory::model::ProfileImage::MAX_BYTES",
            ),
            ("crates/clerk-emulator/src/request_body.rs", "TIMEOUT: Duration = Duration::from_mins(1)"),
        ],
        tests: &[
            ("crates/clerk-emulator/tests/emulator/bodies.rs", "body_over_10_mb_is_rejected"),
            ("crates/clerk-emulator/tests/emulator/uploads.rs", "set_profile_image_rejects_image_over_10_mb"),
            (
                "crates/clerk-emulator/src/request_body.rs",
                "body_that_does_not_arrive_within_60_seconds_is_incomplete_or_too_large",
            ),
        ],
    },
    Limit {
        what: "fields in a request body",
        value: "256, which is more than any operation accepts",
        constants: &[("src/wire/body/form.rs", "MAX_FIELDS: usize = 256")],
        tests: &[("src/wire/body/tests.rs", "read_new_user_keeps_the_first_256_fields")],
    },
    Limit {
        what: "name of an unknown field in an error",
        value: "64 characters",
        constants: &[("src/wire/body/form.rs", "MAX_NAME_CHARS: usize = 64")],
        tests: &[("src/wire/body/tests.rs", "read_new_user_reports_a_limited_number_of_unknown_fields")],
    },
    Limit {
        what: "body of a request to the control API",
        value: "1 GiB, within 60 s",
        constants: &[("crates/clerk-emulator/src/control.rs", "MAX_BODY: usize = 1024 * 1024 * 1024")],
        tests: &[("crates/clerk-emulator/tests/emulator/control.rs", "body_of_the_control_api_has_at_most_1_gib")],
    },
    Limit {
        what: "total memory used by request bodies",
        value: "128 MiB for the API, and 1 GiB for the control API",
        constants: &[("crates/clerk-emulator/src/request_body.rs", "MEMORY: usize = 128 * 1024 * 1024")],
        tests: &[("crates/clerk-emulator/src/request_body.rs", "bodies_wait_until_there_is_enough_memory")],
    },
    Limit {
        what: "body of a request without a valid key or host",
        value: "64 MiB, within 2 s",
        constants: &[
            ("crates/clerk-emulator/src/request_body.rs", "DISCARD_TIMEOUT: Duration = Duration::from_secs(2)"),
            ("crates/clerk-emulator/src/request_body.rs", "MAX_DISCARDED: usize = 64 * 1024 * 1024"),
        ],
        tests: &[(
            "crates/clerk-emulator/src/request_body.rs",
            "body_of_rejected_request_is_read_for_2_seconds_and_up_to_64_mib",
        )],
    },
    Limit {
        what: "request log",
        value: "the latest 500 requests, about 12 KiB each",
        constants: &[
            ("crates/clerk-emulator/src/request_log.rs", "CAPACITY: usize = 500"),
            ("crates/clerk-emulator/src/request_log.rs", "MAX_PATH: usize = 1024"),
            ("crates/clerk-emulator/src/request_log.rs", "MAX_QUERY: usize = 8 * 1024"),
            ("crates/clerk-emulator/src/request_log.rs", "MAX_NAME: usize = 64"),
            ("crates/clerk-emulator/src/request_log.rs", "MAX_NAMES: usize = 20"),
        ],
        tests: &[(
            "crates/clerk-emulator/src/request_log.rs",
            "log_keeps_the_latest_500_requests_with_shortened_texts",
        )],
    },
    Limit {
        what: "shutdown",
        value: "4 s for open requests, then 4 s for directory operations",
        constants: &[("crates/clerk-emulator/src/server.rs", "SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(4)")],
        tests: &[
            ("crates/clerk-emulator/tests/emulator/program.rs", "signal_stops_the_program_during_a_verification"),
            (
                "crates/clerk-emulator/tests/emulator/closed_connections.rs",
                "stop_rejects_further_operations_although_a_delete_does_not_complete",
            ),
        ],
    },
    Limit {
        what: "response from an endpoint",
        value: "64 KiB, within 15 s; the first 1,024 bytes are kept",
        constants: &[
            ("crates/clerk-emulator/src/webhooks/request.rs", "MAX_RESPONSE: usize = 64 * 1024"),
            ("crates/clerk-emulator/src/webhooks/request.rs", "SHOWN_RESPONSE: usize = 1024"),
            ("crates/clerk-emulator/src/webhooks/request.rs", "TIMEOUT: Duration = Duration::from_secs(15)"),
        ],
        tests: &[
            ("crates/clerk-emulator/tests/webhooks/delivery.rs", "response_of_an_endpoint_is_read_up_to_64_kib"),
            ("crates/clerk-emulator/tests/webhooks/delivery.rs", "endless_response_is_cut_off"),
            (
                "crates/clerk-emulator/tests/webhooks/delivery.rs",
                "endpoint_that_does_not_respond_fails_after_15_seconds",
            ),
        ],
    },
    Limit {
        what: "attempts per delivery",
        value: "8",
        constants: &[(
            "crates/clerk-emulator/src/webhooks/schedule.rs",
            "WAITS: [u64; 7] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]",
        )],
        tests: &[("crates/clerk-emulator/tests/webhooks/delivery.rs", "failed_delivery_is_retried_on_the_schedule")],
    },
    Limit {
        what: "concurrent requests to an endpoint",
        value: "16",
        constants: &[("crates/clerk-emulator/src/webhooks/sender.rs", "MAX_IN_FLIGHT: usize = 16")],
        tests: &[(
            "crates/clerk-emulator/tests/webhooks/delivery.rs",
            "endpoint_receives_at_most_16_requests_at_the_same_time",
        )],
    },
    Limit {
        what: "additional copies of an event that a `duplicate` webhook fault sends",
        value: "100",
        constants: &[("crates/clerk-emulator/src/webhooks/fault.rs", "MAX_COPIES: u32 = 100")],
        tests: &[("crates/clerk-emulator/src/webhooks/fault.rs", "duplicate_makes_at_most_100_copies")],
    },
    Limit {
        what: "events that are being delivered, including those waiting for a retry",
        value: "100,000",
        constants: &[("crates/clerk-emulator/src/webhooks/progress.rs", "MAX_EVENTS: usize = 100_000")],
        tests: &[
            ("crates/clerk-emulator/src/webhooks/progress.rs", "room_is_limited_and_grows_when_events_are_forgotten"),
            ("crates/clerk-emulator/src/webhooks/reader.rs", "read_continues_after_the_limit_of_undelivered_events"),
        ],
    },
    Limit {
        what: "deliveries in the history",
        value: "the latest 500, with up to 20 attempts each, and 16 MiB of events in total",
        constants: &[
            ("crates/clerk-emulator/src/request_log.rs", "CAPACITY: usize = 500"),
            ("crates/clerk-emulator/src/webhooks/history.rs", "MAX_BYTES: usize = 16 * 1024 * 1024"),
            ("crates/clerk-emulator/src/webhooks/history.rs", "MAX_ATTEMPTS: usize = 20"),
        ],
        tests: &[
            ("crates/clerk-emulator/src/webhooks/history.rs", "history_is_bounded_and_numbers_stay_unique"),
            ("crates/clerk-emulator/src/webhooks/history.rs", "history_is_bounded_by_the_size_of_the_bodies"),
            ("crates/clerk-emulator/src/webhooks/history.rs", "record_keeps_the_latest_attempts_of_a_delivery"),
        ],
    },
];

// The rows of the table of limits whose constants are public.
const FILTER_VALUES: &str = "values of one filter";
const PAGE: &str = "users on a page";
const BULK: &str = "users in a bulk operation";
const LISTS: &str =
    "email addresses, phone numbers, wallets and backup codes of a new user, and backup codes in an update";
const DETAILS: &str = "details of an error";

fn rows() -> Vec<Vec<String>> {
    table(&read("src/guide/in_production.md"), "| what | limit | if exceeded | setting |")
}

/// Returns the row of the table of limits.
fn limit(what: &str) -> Vec<String> {
    let row = rows().into_iter().find(|row| row[0] == what);
    row.unwrap_or_else(|| panic!("{what} is missing from the table"))
}

#[test]
fn table_of_limits_matches_the_constants() {
    for (what, value) in [
        (FILTER_VALUES, MAX_FILTER_VALUES.to_string()),
        (PAGE, MAX_LIMIT.to_string()),
        (BULK, MAX_BULK_SIZE.to_string()),
        (LISTS, format!("{MAX_LIST_VALUES} each")),
        (DETAILS, Error::MAX_DETAILS.to_string()),
    ] {
        assert_eq!(limit(what)[1], value, "{what}");
    }
    assert_eq!(ProfileImage::MAX_BYTES, 10 * 1024 * 1024);
    for Limit { what, value, constants, .. } in LIMITS {
        assert_eq!(limit(what)[1], *value, "{what}");
        for (file, constant) in *constants {
            assert!(read(file).contains(&format!("const {constant};")), "the table is outdated: {what} in {file}");
        }
    }
    let mut known: Vec<_> = LIMITS.iter().map(|limit| limit.what).collect();
    known.extend([FILTER_VALUES, PAGE, BULK, LISTS, DETAILS]);
    for row in rows() {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[0].starts_with("**") || known.contains(&&*row[0]), "{} has no check", row[0]);
    }
}

#[test]
fn every_limit_has_a_test() {
    for Limit { what, tests, .. } in LIMITS {
        assert!(!tests.is_empty(), "{what} has no test");
        for (file, test) in *tests {
            assert!(read(file).contains(&format!("fn {test}() {{")), "{file} has no test {test} of {what}");
        }
    }
}

#[tokio::test]
async fn table_of_limits_has_the_codes_of_the_errors() {
    let id = |n: usize| UserId::new(format!("user_{n}")).unwrap();
    let users = InMemoryUserDirectory::permissive();
    let emails = (0..=MAX_LIST_VALUES).map(|n| format!("a{n}@b.example"));
    let new_user = emails.fold(NewUser::new(), NewUser::email_address);
    for (what, error) in [
        (FILTER_VALUES, UserFilter::new().user_ids((0..=MAX_FILTER_VALUES).map(id)).validate().unwrap_err()),
        (PAGE, UserQuery::new().limit(MAX_LIMIT + 1).validate().unwrap_err()),
        (BULK, UserIdBatch::new((0..=MAX_BULK_SIZE).map(id)).unwrap_err()),
        (LISTS, users.create(&new_user).await.unwrap_err()),
    ] {
        let expected = format!("`InvalidInput`; `{}`", error.details()[0].code());
        assert!(error.is_invalid_input() && limit(what)[2].starts_with(&expected), "{what}: {expected}");
    }
}

#[test]
fn table_of_limits_has_only_known_codes() {
    let codes = read("src/error/codes.rs");
    for row in rows() {
        let quoted = row[2].split('`').skip(1).step_by(2);
        let is_code = |text: &&str| text.contains('_') && text.chars().all(|c| c == '_' || c.is_ascii_lowercase());
        for code in quoted.filter(is_code).filter(|code| !row[2].contains(&format!("::{code})"))) {
            assert!(codes.contains(&format!("= \"{code}\";")), "{}: unknown code {code}", row[0]);
        }
    }
}
