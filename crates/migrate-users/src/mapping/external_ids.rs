//! The external ids of users, which are usually the ids in the old system.

use user_directory::Text;

use super::columns::Use;
use super::fields::FieldRef;
use super::value::{Value, is_converted_number, is_missing_id, without_apostrophe};
use super::{Mapping, member_text};
use crate::reading::Line;
use crate::reading::object::Object;
use crate::rejects::Rejection;
use crate::sources::Members;

impl Mapping {
    /// Returns the external id of a row that is skipped.
    pub fn external_id_of(&self, line: &Line) -> Option<Text> {
        let Object(members) = serde_json::from_str(line.json.get()).ok()?;
        let chosen = self.chosen_external_id(&members);
        let mut members = (self.source.unnest)(members).ok()?;
        self.replace_null_words(&mut members);
        let is_own = |name: &str| match self.resolve(name).r#use {
            Use::Field(FieldRef { field, .. }) => field.name == "external_id",
            _ => false,
        };
        let own = members.iter().find(|(name, _)| is_own(name)).and_then(|(_, json)| Value::of(json)?.text().ok());
        self.external_id(own.or(chosen).map(Text::from), &members)
    }

    /// Returns the value of the key of `--external-id-from`. `members` are those of the file, because the source can
    /// rename or flatten the key.
    pub(super) fn chosen_external_id(&self, members: &Members<'_>) -> Option<String> {
        let id = member_text(members, self.external_id_from.as_ref()?)?;
        Some(id).filter(|id| !self.null_words.is_given(id.trim()))
    }

    /// Returns the external id of a user. `own` is the value of the field `external_id`.
    ///
    /// # Errors
    ///
    /// Rejects a user without an external id, and an external id that another program has converted or that is a
    /// placeholder.
    pub(super) fn required_external_id(&self, own: Option<Text>, members: &Members<'_>) -> Result<Text, Rejection> {
        let rejected = |code, reason: String| Err(Rejection::new(code, reason).param("external_id"));
        let Some(external_id) = self.external_id(own, members) else {
            return rejected(
                "no_external_id",
                if let Some(name) = &self.external_id_from {
                    format!("the row has no external id in external_id or {name}, as set by --external-id-from")
                } else {
                    let names = self.source.external_id.join(", ");
                    format!("the row has no external id in external_id, {names}; use --external-id-from NAME")
                },
            );
        };
        if is_converted_number(&external_id) {
            let reason = "the external id is a number that a spreadsheet or another program has converted; export the \
                          ids as text";
            return rejected("converted_external_id", reason.to_owned());
        }
        if is_missing_id(&external_id) {
            let reason = "the external id is a placeholder for a missing value, such as - or N/A; write the id, or use \
                          --external-id-from NAME";
            return rejected("no_external_id", reason.to_owned());
        }
        Ok(external_id)
    }

    /// Returns the field `external_id`, or otherwise the value of another column or key, without the apostrophe that
    /// prevents spreadsheets from converting it.
    fn external_id(&self, own: Option<Text>, members: &Members<'_>) -> Option<Text> {
        let is_kept = |name: &&&str| !self.ignored.contains(**name);
        let other = || match &self.external_id_from {
            Some(name) => member_text(members, name),
            None => self.source.external_id.iter().filter(is_kept).find_map(|name| member_text(members, name)),
        };
        let id = own.filter(|id| !id.trim().is_empty()).or_else(|| other().map(Text::from))?;
        Some(if id.starts_with('\'') { without_apostrophe(&id).into() } else { id })
    }
}
