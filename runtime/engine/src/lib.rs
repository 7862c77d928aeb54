//! Turns a feature request into a typed plan, and a plan into reviewed, reversible changes in a git repository.
