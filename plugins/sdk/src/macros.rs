//! The `plugin!` macro. It only names things; what the exported table does is [`crate::ffi`]'s.

/// Makes the library a plugin.
///
/// Called once, at the top of the crate, with the plugin's name as it stands in the file name
/// (`libaksara_plugin_<name>`), and with expressions for its executors and stacks. It makes three things:
///
/// - the exported function `aksara_plugin_v1_<name>`, which a host finds when it loads the library;
/// - `pub fn plugin() -> aksara_sdk::Plugin`, for tests;
/// - `pub const LINKED: LinkedPlugin`, for a program that has the plugin in itself instead of loading a library. Names
///   differ, so any number of plugins can be linked side by side.
///
/// The crate is built as `crate-type = ["cdylib", "rlib"]`.
///
/// ```
/// use aksara_sdk::{Context, Executor, ExecutorInfo, Outcome, StepError, StepInput};
///
/// struct Greet;
///
/// impl Executor for Greet {
///     fn info(&self) -> ExecutorInfo {
///         ExecutorInfo {
///             stack: "*".into(),
///             step_type: "greet".into(),
///             summary: "Says hello".into(),
///             params: serde_json::json!({ "type": "object" }),
///             effects: Vec::new(),
///             examples: Vec::new(),
///         }
///     }
///
///     fn execute(&self, _: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
///         cx.log("hello");
///         Ok(Outcome::default())
///     }
/// }
///
/// aksara_sdk::plugin! {
///     name: "greet",
///     executors: [Greet],
///     stacks: [],
/// }
/// # fn main() {
/// assert_eq!(plugin().describe().executors.len(), 1);
/// # }
/// ```
#[macro_export]
macro_rules! plugin {
    (
        name: $name:literal,
        executors: [$($executor:expr),* $(,)?],
        stacks: [$($stack:expr),* $(,)?] $(,)?
    ) => {
        /// The plugin's executors and stacks, ready to answer.
        #[must_use]
        pub fn plugin() -> $crate::Plugin {
            $crate::Plugin::new($name, env!("CARGO_PKG_VERSION"))
                $(.executor($executor))*
                $(.stack($stack))*
        }

        /// The plugin, for a program that it is linked into.
        pub const LINKED: $crate::protocol::abi::LinkedPlugin = {
            struct Library;

            impl $crate::ffi::Export for Library {
                fn plugin() -> $crate::Plugin {
                    plugin()
                }
            }

            // An exported name counts as unsafe, since two of the same name would clash. This one ends in the
            // plugin's name, which is unique by the file's name already.
            #[allow(unsafe_code)]
            #[unsafe(export_name = concat!("aksara_plugin_v1_", $name))]
            extern "C" fn entry(host_abi: u32) -> *const $crate::protocol::abi::AksPlugin {
                $crate::ffi::entry::<Library>(host_abi)
            }

            $crate::protocol::abi::LinkedPlugin { name: $name, entry }
        };
    };
}
