//! [`Backend`]: the directory that the emulator serves.

use std::sync::{Arc, PoisonError, RwLock};

use user_directory::store::UserStore;
use user_directory::store_directory::{InstanceSettings, StoreUserDirectory};
use user_directory::wire::status::{DefaultResponse, default_of};
use user_directory::{Error, ErrorDetail, ErrorKind, UserDirectory};

/// The directory that the emulator serves.
pub(crate) enum Backend {
    /// A directory that is backed by a store. The control API can seed its users and change its settings.
    Store(Box<StoreBackend>),
    /// Any other directory. The emulator acts as a gateway to it.
    Other(Arc<dyn UserDirectory>),
}

/// A directory that is backed by a store, with settings that can change.
pub(crate) struct StoreBackend {
    current: RwLock<StoreUserDirectory<dyn UserStore>>,
    /// The directory with the settings that a reset restores.
    initial: StoreUserDirectory<dyn UserStore>,
}

impl Backend {
    pub(crate) fn over_store(directory: StoreUserDirectory<dyn UserStore>) -> Self {
        Self::Store(Box::new(StoreBackend { initial: directory.clone(), current: RwLock::new(directory) }))
    }

    /// Returns the directory with its current settings.
    pub(crate) fn directory(&self) -> Arc<dyn UserDirectory> {
        match self {
            Self::Store(store) => Arc::new(store.directory()),
            Self::Other(directory) => Arc::clone(directory),
        }
    }

    /// Adds the reason for a store failure, such as missing encryption keys or a full disk, to the error response.
    ///
    /// The messages of directories that are not backed by a store are internal, so they are not added.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let (Self::Store(_), Some(reason), []) = (self, error.message(), error.details()) else { return error };
        let cause = match error.kind() {
            ErrorKind::Configuration => "The configuration of the emulator is invalid",
            ErrorKind::Conflict => "The store rejected the change",
            ErrorKind::Connect
            | ErrorKind::Decode
            | ErrorKind::Server
            | ErrorKind::Timeout
            | ErrorKind::Transport
            | ErrorKind::Unavailable => "The store of the emulator failed",
            _ => return error,
        };
        let DefaultResponse { code, message, long_message, .. } = default_of(error.kind());
        let long_message = format!("{}. {cause}: {reason}.", long_message.trim_end_matches('.'));
        let detail = ErrorDetail::new(code).with_message(message).with_long_message(long_message);
        Error::rejected(error.kind(), [detail])
    }

    pub(crate) fn store(&self) -> Option<&StoreBackend> {
        match self {
            Self::Store(store) => Some(store),
            Self::Other(_) => None,
        }
    }
}

impl StoreBackend {
    /// Returns the directory with its current settings.
    pub(crate) fn directory(&self) -> StoreUserDirectory<dyn UserStore> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the settings. If `settings` does not set a bcrypt cost, the emulator's initial cost is used.
    pub(crate) fn set_settings(&self, settings: InstanceSettings) {
        let directory = self.initial.with_settings(settings);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }

    /// Restores the settings with which the emulator was started.
    pub(crate) fn reset_settings(&self) {
        self.set_settings(self.initial.settings().clone());
    }
}

#[cfg(test)]
mod tests {
    use user_directory::InMemoryUserDirectory;

    use super::*;

    #[test]
    fn explain_adds_the_reason_of_a_failed_store() {
        let directory = InMemoryUserDirectory::new();
        let store = Backend::over_store((&directory).into());
        let other = Backend::Other(Arc::new(directory));
        for (kind, cause) in [
            (ErrorKind::Configuration, "The configuration of the emulator is invalid"),
            // A row of another table refers to the user.
            (ErrorKind::Conflict, "The store rejected the change"),
            (ErrorKind::Unavailable, "The store of the emulator failed"),
            (ErrorKind::Connect, "The store of the emulator failed"),
            (ErrorKind::Server, "The store of the emulator failed"),
        ] {
            let error = || Error::new(kind).with_message("the database is read-only");
            let explained = store.explain(error());
            assert_eq!((explained.kind(), explained.details()[0].code()), (kind, default_of(kind).code));
            let long_message = explained.details()[0].long_message();
            assert!(long_message.ends_with(&format!(". {cause}: the database is read-only.")), "{long_message}");
            assert!(other.explain(error()).details().is_empty());
        }
        let rejected = Error::new(ErrorKind::InvalidInput).with_message("invalid instance settings");
        assert!(store.explain(rejected).details().is_empty());
    }
}
