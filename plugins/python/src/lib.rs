//! Reads and edits Python source without touching a byte that need not change.
