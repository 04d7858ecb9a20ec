//! [`IntoOptionalText`]: the argument of the text setters of `NewUser`.

use crate::model::text::Text;

/// A conversion into an optional [`Text`], for the text setters of [`NewUser`](crate::NewUser).
///
/// This trait is implemented for every type that converts into [`Text`], such as `&str` and `String`, and for `Option`s
/// of these types.
///
/// ```
/// use user_directory::{NewUser, Text};
///
/// let external_id: Option<&str> = None;
/// let last_name: Option<String> = Some("Lovelace".to_owned());
/// let ada = NewUser::new()
///     .username(Text::from("ada_lovelace"))
///     .first_name("Ada")
///     .last_name(last_name)
///     .external_id(external_id);
/// assert_eq!(ada.last_name.as_deref(), Some("Lovelace"));
/// assert_eq!(ada.external_id, None);
/// ```
pub trait IntoOptionalText {
    /// Converts `self` into an `Option<Text>`.
    fn into_optional_text(self) -> Option<Text>;
}

impl<T: Into<Text>> IntoOptionalText for T {
    fn into_optional_text(self) -> Option<Text> {
        Some(self.into())
    }
}

impl<T: Into<Text>> IntoOptionalText for Option<T> {
    fn into_optional_text(self) -> Option<Text> {
        self.map(Into::into)
    }
}
