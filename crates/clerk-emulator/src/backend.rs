//! [`Backend`]: the directory that the emulator serves.

use std::sync::{Arc, PoisonError, RwLock};

use user_directory::store::UserStore;
use user_directory::store_directory::{InstanceSettings, StoreUserDirectory};
use user_directory::wire::status::{DefaultResponse, default_of};
use user_directory::{Error, ErrorDetail, ErrorKind, UserDirectory};

/// The directory that the emulator serves.
pub(crate) enum Backend {
    /// A directory over a store. The control API can seed its users and change its settings.
    Store(Box<StoreBackend>),
    /// Any other directory. The emulator acts as a gateway to it.
    Other(Arc<dyn UserDirectory>),
}

/// A directory over a store, with settings that can change.
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

    /// Adds the reason to the response for an invalid configuration, such as missing encryption keys.
    ///
    /// The messages of directories that are not over a store are internal, so they are not added.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match (self, error.message()) {
            (Self::Store(_), Some(reason))
                if error.kind() == ErrorKind::Configuration && error.details().is_empty() =>
            {
                let DefaultResponse { code, message, long_message, .. } = default_of(error.kind());
                let long_message = format!("{long_message} The configuration of the emulator is invalid: {reason}.");
                let detail = ErrorDetail::new(code).with_message(message).with_long_message(long_message);
                Error::rejected(error.kind(), [detail])
            }
            _ => error,
        }
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

    /// Replaces the settings. If the bcrypt cost is not set, it is the cost with which the emulator was started.
    pub(crate) fn set_settings(&self, settings: InstanceSettings) {
        let directory = self.initial.with_settings(settings);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }

    /// Restores the settings with which the emulator was started.
    pub(crate) fn reset_settings(&self) {
        self.set_settings(self.initial.settings().clone());
    }
}
