//! The shipped plugins, where they are linked into the command: one file is then all that there is to install.
//!
//! They run as libraries do: in a child process, which is the command itself, unless the settings say otherwise.

use aksara_protocol::abi::LinkedPlugin;

/// The plugins that are part of this command.
#[cfg(feature = "bundled")]
pub(crate) static PLUGINS: &[LinkedPlugin] = &[
    aksara_plugin_command::LINKED,
    aksara_plugin_file::LINKED,
    aksara_plugin_migration::LINKED,
    aksara_plugin_model::LINKED,
    aksara_plugin_project::LINKED,
    aksara_plugin_serializer::LINKED,
    aksara_plugin_test::LINKED,
    aksara_plugin_viewset::LINKED,
];

/// None: they are libraries of their own.
#[cfg(not(feature = "bundled"))]
pub(crate) static PLUGINS: &[LinkedPlugin] = &[];
