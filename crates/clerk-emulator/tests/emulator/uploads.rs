//! Tests of profile image uploads.

use user_directory::UserDirectory;
use user_directory::model::ProfileImage;

use crate::support::{Clerk, Response};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn upload(part: &str, data: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"ada.png\"\r\ncontent-type: image/png\r\n\r\n"
    );
    [head.as_bytes(), data, b"\r\n--b--\r\n"].concat()
}

async fn send(clerk: &Clerk, kind: &str, body: Vec<u8>) -> Response {
    let id = clerk.user().await.id;
    let call = clerk.call("POST", &format!("/v1/users/{id}/profile_image"));
    let response = call.header("content-type", kind).body(body).send().await;
    clerk.directory.clear().await.unwrap();
    response
}

#[tokio::test]
async fn set_profile_image_reads_the_part_named_file() {
    let clerk = Clerk::start().await;
    let kind = "multipart/form-data; boundary=b";
    let response = send(&clerk, kind, upload("file", PNG)).await;
    assert_eq!(response.status, 200, "{}", response.text);
    assert_eq!(response.json()["has_image"], true);
    assert!(response.json()["image_url"].as_str().unwrap().starts_with("https://"));
    let two = [upload("note", b"hello"), upload("file", PNG)].concat();
    assert_eq!(
        send(&clerk, kind, String::from_utf8_lossy(&two).replace("--b--\r\n--b", "--b").into_bytes()).await.status,
        400
    );
    send(&clerk, kind, upload("picture", PNG)).await.assert_error(400, "form_param_missing", Some("file"));
    send(&clerk, kind, upload("file", b"no image")).await.assert_error(400, "request_body_invalid", None);
    send(&clerk, kind, b"--b\r\nbroken".to_vec()).await.assert_error(400, "request_body_invalid", None);
    send(&clerk, "multipart/form-data", upload("file", PNG)).await.assert_error(400, "request_body_invalid", None);
    send(&clerk, "image/png", PNG.to_vec()).await.assert_error(415, "unsupported_content_type", None);
}

#[tokio::test]
async fn set_profile_image_rejects_image_over_10_mb() {
    let clerk = Clerk::start().await;
    let of_size = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    let kind = "multipart/form-data; boundary=b";
    let limit = 10 * 1024 * 1024;
    assert_eq!(send(&clerk, kind, upload("file", &of_size(limit))).await.status, 200);
    send(&clerk, kind, upload("file", &of_size(limit + 1))).await.assert_error(413, "image_too_large", None);
    send(&clerk, kind, upload("file", &of_size(2 * limit))).await.assert_error(413, "image_too_large", None);
}

#[tokio::test]
async fn set_profile_image_accepts_upload_of_clerk_user_directory() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let user =
        clerk.client().set_profile_image(&id, &ProfileImage::new(PNG, "image/png").named("ada.png")).await.unwrap();
    assert!(user.has_image);
}
