//! [`Request`]: a request for an operation.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Url};
use secrecy::zeroize::Zeroizing;
use serde::Serialize;

use super::Inner;
use crate::error::{InputRule, Result};
use crate::model::{ProfileImage, UserId};
use crate::operation::Operation;
use crate::wire::query::QueryWriter;
use crate::wire::route::{Method, Route};

/// The maximum length of a URL that the HTTP library accepts, in bytes.
const MAX_URL: usize = 65_534;

/// A request that can be sent more than once.
pub(super) struct Request<'a> {
    operation: Operation,
    user_id: Option<&'a UserId>,
    url: Url,
    content: Content<'a>,
}

enum Content<'a> {
    Nothing,
    Json(Bytes),
    Image { image: &'a ProfileImage, data: Bytes },
}

impl<'a> Request<'a> {
    /// Creates a request for an operation.
    ///
    /// `users_url` is the base URL followed by `/users`, the common prefix of all operations. `resource` is the last
    /// parameter of the path, such as the id of a passkey.
    pub(super) fn new(
        users_url: &Url,
        operation: Operation,
        user_id: Option<&'a UserId>,
        resource: Option<&str>,
    ) -> Self {
        let mut url = users_url.clone();
        // `build` accepts only http and https URLs, which can be a base.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(Route::of(operation).path.split('/').skip(2).map(|segment| {
                let parameter = match segment {
                    "{user_id}" => user_id.map(UserId::as_str),
                    _ if segment.starts_with('{') => resource,
                    _ => None,
                };
                parameter.unwrap_or(segment)
            }));
        }
        Self { operation, user_id, url, content: Content::Nothing }
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    pub(super) fn user_id(&self) -> Option<&UserId> {
        self.user_id
    }

    pub(super) fn query(mut self, query: &QueryWriter<'_>) -> Self {
        // `query_pairs_mut` would add a `?` even without parameters.
        if !query.pairs().is_empty() {
            self.url.query_pairs_mut().extend_pairs(query.pairs());
        }
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        // The body can contain passwords, so its memory is zeroized. A reallocation would leave a copy in freed memory,
        // so the initial capacity is sufficient for most bodies.
        let mut json = Zeroizing::new(Vec::with_capacity(2 * 1024));
        serde_json::to_writer(&mut *json, body)
            .map_err(|_| InputRule::Body.violated_by("body").with_operation(self.operation))?;
        self.content = Content::Json(Bytes::from_owner(json));
        Ok(self)
    }

    pub(super) fn image(mut self, image: &'a ProfileImage) -> Self {
        self.content = Content::Image { image, data: Bytes::copy_from_slice(image.data()) };
        self
    }

    /// Creates an HTTP request with a timeout.
    pub(super) fn to_http(&self, directory: &Inner, timeout: Duration) -> Result<reqwest::Request> {
        if self.url.as_str().len() > MAX_URL {
            return Err(InputRule::UrlLength.violated_by("query"));
        }
        let Route { method, .. } = Route::of(self.operation);
        let http_method = match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = reqwest::Request::new(http_method, self.url.clone());
        *request.timeout_mut() = Some(timeout);
        // The whole map is cloned at once, because a builder would insert the headers one by one.
        request.headers_mut().clone_from(&directory.headers);
        match &self.content {
            Content::Nothing if method == Method::Post => {
                // reqwest omits this header, and some proxies reject a POST request without it with 411.
                request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Content::Nothing => {}
            Content::Json(json) => {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(json.clone().into());
            }
            Content::Image { image, data } => {
                let form = Form::new().part("file", file(image, data)?);
                request = RequestBuilder::from_parts(directory.http.clone(), request)
                    .multipart(form)
                    .build()
                    .map_err(|error| InputRule::Body.violated_by("body").with_source(error.without_url()))?;
            }
        }
        Ok(request)
    }
}

/// Percent-encodes quotation marks and backslashes in a file name.
///
/// The HTTP library would escape them with a backslash, which not all servers support.
fn escaped(file_name: &str) -> String {
    file_name.replace('"', "%22").replace('\\', "%5C")
}

fn file(image: &ProfileImage, data: &Bytes) -> Result<Part> {
    Part::stream_with_length(Body::from(data.clone()), data.len() as u64)
        .file_name(escaped(image.file_name()))
        .mime_str(image.content_type())
        .map_err(|_| InputRule::ImageType.violated_by("content_type"))
}
