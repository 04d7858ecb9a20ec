//! [`IntoOptionalText`]: what the text setters of `NewUser` accept.

use crate::model::text::Text;

/// A text or an `Option` of one, as an argument of the setters of [`NewUser`](crate::NewUser).
///
/// It is implemented for every type that converts into [`Text`] (`&str`, `String`, `Text`, ...) and for an `Option` of
/// such a type.
///
/// ```
/// use user_directory::{NewUser, Text};
///
/// let external_id: Option<&str> = None;
/// let last_name: Option<String> = Some("Lovelace".to_owned());
/// let ada = NewUser::new()
///     .username(Text::from("ada.lovelace"))
///     .first_name("Ada")
///     .last_name(last_name)
///     .external_id(external_id);
/// assert_eq!(ada.last_name.as_deref(), Some("Lovelace"));
/// assert_eq!(ada.external_id, None);
/// ```
pub trait IntoOptionalText {
    /// Converts the value.
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
