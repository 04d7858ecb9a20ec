//! [`Incoming`]: the input of an operation.

use axum::body::Body;
use axum::extract::multipart::Multipart;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use user_directory::model::ProfileImage;
use user_directory::wire::ApiVersion;
use user_directory::wire::body::read_nothing;
use user_directory::wire::query::QueryReader;
use user_directory::wire::rejection::image_too_large;
use user_directory::{Result, UserId};

use crate::path_params::PathParams;
use crate::rejection::{self, MAX_BODY};
use crate::request_body::RequestBody;

/// The input of an operation, as received in a request.
pub(crate) struct Incoming<'r, 'q> {
    pub(crate) version: ApiVersion,
    pub(crate) params: &'r PathParams,
    pub(crate) query: &'r mut QueryReader<'q>,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: RequestBody,
}

impl Incoming<'_, '_> {
    /// Returns the user id in the path.
    pub(crate) fn user(&self) -> Result<UserId> {
        self.params.user()
    }

    /// Returns the user id in the path, for an operation without other input.
    pub(crate) fn only_user(&mut self) -> Result<UserId> {
        read_nothing(&self.json()?)?;
        self.user()
    }

    /// Returns the resource id in the path. A malformed id is treated as an unknown resource.
    pub(crate) fn resource<T: for<'a> TryFrom<&'a str>>(&self) -> Result<T> {
        let resource = self.params.resource().and_then(|resource| T::try_from(resource).ok());
        resource.ok_or_else(|| rejection::not_found("The resource does not exist, or belongs to another user."))
    }

    /// Returns the JSON body, or an empty body if the request has none.
    pub(crate) fn json(&mut self) -> Result<Bytes> {
        let body = match self.take_body() {
            RequestBody::Complete(body) if body.len() <= MAX_BODY => body,
            RequestBody::Complete(_) | RequestBody::TooLarge => return Err(rejection::body_too_large(MAX_BODY)),
            RequestBody::Incomplete => return Err(rejection::body_invalid("The body is incomplete.")),
        };
        if !body.is_empty() && !is_of_type(self.headers, "application/json") {
            return Err(rejection::unsupported_content_type(content_type(self.headers), "application/json"));
        }
        Ok(body)
    }

    /// Returns the image in the `file` part of an upload.
    pub(crate) async fn image(&mut self) -> Result<ProfileImage> {
        let expected = "multipart/form-data";
        if !is_of_type(self.headers, expected) {
            return Err(rejection::unsupported_content_type(content_type(self.headers), expected));
        }
        let body = match self.take_body() {
            RequestBody::Complete(body) => body,
            RequestBody::TooLarge => return Err(image_too_large()),
            RequestBody::Incomplete => return Err(rejection::body_invalid("The upload is incomplete.")),
        };
        let mut request = Request::new(Body::from(body));
        request.headers_mut().clone_from(self.headers);
        // The size of the body was limited when it was read.
        DefaultBodyLimit::disable().apply(&mut request);
        let upload = Multipart::from_request(request, &()).await;
        let mut upload = upload.map_err(|_| rejection::body_invalid("The upload has no boundary."))?;
        let malformed = |_| rejection::body_invalid("The upload is malformed.");
        while let Some(field) = upload.next_field().await.map_err(malformed)? {
            if field.name() != Some("file") {
                continue;
            }
            let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let data = field.bytes().await.map_err(malformed)?;
            if data.len() > ProfileImage::MAX_BYTES {
                return Err(image_too_large());
            }
            let image = ProfileImage::new(Vec::from(data), content_type);
            return Ok(match file_name {
                Some(file_name) => image.named(file_name),
                None => image,
            });
        }
        Err(rejection::image_missing())
    }

    fn take_body(&mut self) -> RequestBody {
        std::mem::replace(&mut self.body, RequestBody::Incomplete)
    }
}

/// Returns `true` if the body has this media type. Media type parameters are ignored.
fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    content_type(headers).split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
