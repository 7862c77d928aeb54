//! Loads Aksara plugins, in process or in a child process.
