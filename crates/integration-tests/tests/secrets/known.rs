//! The secrets and personal data of these tests, and the search for them.

pub const KEY: &str = "sk_test_thekeythatmustnotleak";
pub const PASSWORD: &str = "horse-battery-4711";
pub const WRONG_PASSWORD: &str = "mule-battery-4712";
pub const DIGEST: &str = "$2a$04$thedigestthatmustnotleakthedigestthatmustnotle";
pub const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
pub const TOTP_CODE: &str = "totp-code-906217";
pub const BACKUP_CODE: &str = "backup-code-5150";
pub const TOKEN: &str = "ya29.accesstoken";
pub const ID_TOKEN: &str = "eyJhbGciOiJub25lIn0.idtoken";
pub const TOKEN_SECRET: &str = "oauth1-token-secret";
pub const TICKET: &str = "https://accounts.example.com/accept?ticket=theticket";

pub const SECRETS: [&str; 11] = [
    KEY,
    PASSWORD,
    WRONG_PASSWORD,
    DIGEST,
    TOTP_SECRET,
    TOTP_CODE,
    BACKUP_CODE,
    TOKEN,
    ID_TOKEN,
    TOKEN_SECRET,
    "ticket=theticket",
];

pub const FIRST_NAME: &str = "Quintessa";
pub const LAST_NAME: &str = "Abernathy";
pub const EMAIL: &str = "quintessa@example.com";
pub const PHONE: &str = "+15550100199";
pub const USERNAME: &str = "quinn_the_user";
pub const WALLET: &str = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F";
pub const NOTE: &str = "for-the-broken-teapot";
pub const SSN: &str = "078-05-1120";
pub const METADATA: &str = r#"{"ssn":"078-05-1120","078-05-1120":{"078-05-1120":7}}"#;

pub const PERSONAL: [&str; 8] = [FIRST_NAME, LAST_NAME, "quintessa", "15550100199", USERNAME, WALLET, NOTE, SSN];

/// Returns the needles that `text` contains, in any escaped form.
pub fn found<'a>(text: &str, what: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = text.replace('\\', "");
    let found = |needle: &&str| {
        let encoded = needle.replace('@', "%40").replace('+', "%2B").replace('$', "%24");
        text.contains(needle) || plain.contains(needle) || text.contains(&encoded)
    };
    what.into_iter().filter(found).collect()
}

#[track_caller]
pub fn assert_none_of<'a>(what: impl IntoIterator<Item = &'a str>, text: &str) {
    let found = found(text, what);
    assert!(found.is_empty(), "{found:?} in {text}");
}

#[test]
fn found_detects_escaped_text() {
    let text = format!("{EMAIL} {:?} email=quintessa%40example.com", format!("{METADATA}{PASSWORD}"));
    assert_eq!(found(&text, SECRETS), [PASSWORD]);
    assert_eq!(found(&text, PERSONAL), ["quintessa", SSN]);
    assert_eq!(found("q=%2B15550100199", [PHONE]), [PHONE]);
}
