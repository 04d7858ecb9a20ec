use super::*;

/// Asserts that a check fails with this code and parameter.
#[track_caller]
fn assert_invalid(check: Check, code: &str, param_name: &str) {
    let error = check.unwrap_err();
    assert_eq!((error.code(), error.param_name()), (code, Some(param_name)));
}

#[test]
fn email_address_accepts_only_plain_addresses() {
    for valid in [
        "rene\u{301}@example.com",
        "ada@example.com",
        "ada+tag@example.co.uk",
        "a@b.test",
        "ADA@EXAMPLE.COM",
        "ädä@example.com",
        "josé@x.dev",
        &format!("{}@example.com", "a".repeat(64)),
    ] {
        assert!(email_address(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "",
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "a@b@c.test",
        "Ada <ada@example.com>",
        "ada@localhost",
        "ada@[127.0.0.1]",
        &format!("{}@example.com", "a".repeat(65)),
    ] {
        assert_invalid(email_address(invalid), codes::FORM_PARAM_FORMAT_INVALID, "email_address");
    }
}

#[test]
fn phone_number_accepts_only_e164() {
    for valid in ["+1234567", "+123456789012345", "+15555550100"] {
        assert!(phone_number(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "",
        "+",
        "15555550100",
        "+123456",
        "+1234567890123456",
        "+05555550100",
        "+1555555 100",
        "+1555555010a",
        "++1555555",
    ] {
        assert_invalid(phone_number(invalid), codes::FORM_PARAM_FORMAT_INVALID, "phone_number");
    }
}

#[test]
fn web3_wallet_accepts_ethereum_and_solana_addresses() {
    for valid in [
        &format!("0x{}", "aF".repeat(20)),
        &"1".repeat(32),
        &"z".repeat(44),
        "4Nd1mYQtE8Gk2w8y5oDyMrYqFZ7Vt3s1p9c6b5a4J3h2",
    ] {
        assert!(web3_wallet(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "",
        &format!("0x{}", "a".repeat(39)),
        &format!("0x{}", "a".repeat(41)),
        &format!("0x{}g", "a".repeat(39)),
        &"1".repeat(31),
        &"1".repeat(45),
        &format!("{}0", "1".repeat(32)),
        &format!("{}O", "1".repeat(32)),
        &format!("{}I", "1".repeat(32)),
        &format!("{}l", "1".repeat(32)),
        &format!("{}-", "1".repeat(32)),
    ] {
        assert_invalid(web3_wallet(invalid), codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet");
    }
}

#[test]
fn username_has_4_to_64_letters_digits_and_separators() {
    let settings = InstanceSettings::new();
    let (longest, longer) = ("a".repeat(64), "a".repeat(65));
    for valid in ["adal", &longest, "ada_lovelace-1", "1234a"] {
        assert!(username(valid, &settings).is_ok(), "{valid}");
    }
    for (invalid, code) in [
        ("", codes::FORM_USERNAME_INVALID_LENGTH),
        ("ada", codes::FORM_USERNAME_INVALID_LENGTH),
        (&*longer, codes::FORM_USERNAME_INVALID_LENGTH),
        ("ada lovelace", codes::FORM_USERNAME_INVALID_CHARACTER),
        ("ada@example.com", codes::FORM_USERNAME_INVALID_CHARACTER),
        ("ada.lovelace", codes::FORM_USERNAME_INVALID_CHARACTER),
        ("adélaïde", codes::FORM_USERNAME_INVALID_CHARACTER),
        ("+1555a", codes::FORM_USERNAME_INVALID_CHARACTER),
        ("+1", codes::FORM_USERNAME_INVALID_LENGTH),
        ("+0555", codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR),
        ("+1234567890123456", codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR),
        ("12345678", codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR),
        ("123_456-", codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR),
        ("アダさん", codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR),
    ] {
        assert_invalid(username(invalid, &settings), code, "username");
        assert_invalid(username(invalid, &InstanceSettings::permissive()), code, "username");
    }
}

#[test]
fn username_must_not_be_a_phone_number() {
    for settings in [InstanceSettings::new(), InstanceSettings::permissive().extended_username_characters(true)] {
        for number in ["+12", "+1555", "+15555550100", "+123456789012345"] {
            assert_invalid(username(number, &settings), codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username");
        }
    }
}

#[test]
fn username_follows_the_settings() {
    let settings = InstanceSettings::new().min_username_length(2).max_username_length(3);
    for valid in ["ab", "abc"] {
        assert!(username(valid, &settings).is_ok(), "{valid}");
    }
    for (invalid, setting) in [("a", "min_username_length"), ("abcd", "max_username_length")] {
        let error = username(invalid, &settings).unwrap_err();
        assert_eq!(error.code(), codes::FORM_USERNAME_INVALID_LENGTH);
        assert!(error.long_message().contains(setting), "{}", error.long_message());
    }
    let error = username("ada.lovelace", &InstanceSettings::new()).unwrap_err();
    assert!(error.long_message().contains("extended_username_characters"), "{}", error.long_message());
    let extended = InstanceSettings::new().extended_username_characters(true);
    for valid in ["ada.lovelace", "a^$!.`#+~'", "o'neil", "ada_lovelace"] {
        assert!(username(valid, &extended).is_ok(), "{valid}");
    }
    let code = codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR;
    for without_letter in ["^$!.`#+~", "+1.555", "1234"] {
        assert_invalid(username(without_letter, &extended), code, "username");
    }
    assert_invalid(username("ada@home", &extended), codes::FORM_USERNAME_INVALID_CHARACTER, "username");
}

#[test]
fn external_id_must_not_be_empty() {
    assert!(external_id(" ").is_ok());
    assert_invalid(external_id(""), codes::FORM_PARAM_VALUE_INVALID, "external_id");
}

#[test]
fn timezone_accepts_only_iana_names() {
    for valid in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "America/Port-au-Prince"] {
        assert!(timezone(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "/",
        "-",
        "Europe/",
        "/Berlin",
        "Europe//Berlin",
        "+01",
        "",
        "Europe Berlin",
        "Europe/Zürich",
        "<script>",
        &"x".repeat(65),
    ] {
        assert_invalid(timezone(invalid), codes::FORM_PARAM_FORMAT_INVALID, "timezone");
    }
}

#[test]
fn locale_accepts_only_language_tags() {
    for valid in ["en", "eng", "en-US", "zh-Hant-TW", "es-419", "de-CH-1996", "abcdefgh-12345678"] {
        assert!(locale(valid).is_ok(), "{valid}");
    }
    for invalid in ["", "e", "abcdefghi", "e1", "en_US", "en-", "-US", "en--US", "en-123456789", "en-U$", "ën"] {
        assert_invalid(locale(invalid), codes::FORM_PARAM_FORMAT_INVALID, "locale");
    }
}

#[test]
fn metadata_has_at_most_8_kilobytes_without_whitespace() {
    let json = |bytes: usize, spaces: usize| {
        let json = format!(r#"{{{}"a":"{}"}}"#, " ".repeat(spaces), "x".repeat(bytes - 8));
        json.parse::<Metadata>().unwrap()
    };
    assert!(metadata("public_metadata", &json(8192, 0)).is_ok());
    assert!(metadata("public_metadata", &json(8192, 1)).is_ok());
    for param_name in ["public_metadata", "private_metadata", "unsafe_metadata"] {
        let error = metadata(param_name, &json(8193, 0)).unwrap_err();
        let text = format!("The given {param_name} exceeds the maximum allowed size of 8192 bytes (8 KB).");
        assert_eq!((error.message(), error.long_message()), (&*text, &*text));
        assert_invalid(Err(error), codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, param_name);
    }
}

#[test]
fn is_image_detects_image_formats() {
    for image in [
        &b"\x89PNG\r\n\x1a\n..."[..],
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"GIF87a",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x20ftypavif",
        b"\0\0\0\x20ftypheic",
        b"\0\0\0\x20ftypmif1",
    ] {
        assert!(is_image(image), "{image:?}");
    }
    for other in [
        &b""[..],
        b"\x89PNG",
        b"\xff\xd8",
        b"GIF",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"RIFF\x10\0\0\0WEB",
        b"\0\0\0\x20ftypisom",
        b"\0\0\0\x20ftypavi",
        b"<svg></svg>",
    ] {
        assert!(!is_image(other), "{other:?}");
    }
}
