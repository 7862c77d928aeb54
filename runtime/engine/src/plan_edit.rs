//! Changing a plan by hand: adding, removing, moving steps, replacing their code.
//!
//! The previews of what follows are made again when the plan is previewed, saved or run.

use std::collections::BTreeMap;

use aksara_protocol::step::CodeFrom;
use aksara_protocol::{JsonMap, Plan, RelPath, Step, StepId, StepOrder};

use crate::error::Error;

/// Edits of a plan. Orders are always positions: they follow every change.
pub trait PlanEdit {
    /// Puts a step behind the step `after` (0: at the front), and gives its order.
    ///
    /// # Errors
    /// `after` is no step.
    fn add_step(&mut self, new: NewStep, after: u32) -> Result<StepOrder, Error>;

    /// Takes a step out; with `cascade` also every step that depends on it.
    ///
    /// # Errors
    /// There is no such step, or steps depend on it and `cascade` is false.
    fn remove_step(&mut self, order: u32, cascade: bool) -> Result<(), Error>;

    /// Moves a step to another position.
    ///
    /// # Errors
    /// There is no such step or position, or the step would come before one that it depends on, or behind one
    /// that depends on it.
    fn move_step(&mut self, from_order: u32, to_order: u32) -> Result<(), Error>;

    /// Replaces a step's code; it is inserted verbatim.
    ///
    /// # Errors
    /// There is no such step.
    fn set_code(&mut self, order: u32, code: impl Into<String>) -> Result<(), Error>;
}

/// A step to add.
#[derive(Clone, Debug, Default)]
pub struct NewStep {
    /// Its type.
    pub step_type: String,
    /// One line for people.
    pub description: String,
    /// The intent. Where it is empty the preview fills it from the description, if that says all of it; else the step
    /// stays incomplete.
    pub params: JsonMap,
    /// The file that the step is about, where it is known.
    pub file: Option<RelPath>,
}

impl PlanEdit for Plan {
    fn add_step(&mut self, new: NewStep, after: u32) -> Result<StepOrder, Error> {
        if after as usize > self.steps.len() {
            return Err(no_step(self, after));
        }
        let number = (1..).find(|n| self.steps.iter().all(|s| s.id.0 != format!("s{n}"))).unwrap_or(u32::MAX);
        let mut step = Step::new(after + 1, new.step_type.as_str(), new.description);
        step.id = StepId(format!("s{number}"));
        step.params = new.params;
        step.file = new.file;
        reorder(self, |steps| steps.insert(after as usize, step));
        Ok(StepOrder(after + 1))
    }

    fn remove_step(&mut self, order: u32, cascade: bool) -> Result<(), Error> {
        let first = find(self, order)?;
        let mut gone = vec![self.steps[first].order];
        for step in &self.steps[first + 1..] {
            if step.dependencies.iter().any(|d| gone.contains(d)) {
                if !cascade {
                    return Err(Error::PlanEdit(format!(
                        "step {order} cannot be removed: step {} ({}) depends on it\nhint: remove that one first, or remove both with cascade",
                        step.order, step.description
                    )));
                }
                gone.push(step.order);
            }
        }
        reorder(self, |steps| steps.retain(|s| !gone.contains(&s.order)));
        Ok(())
    }

    fn move_step(&mut self, from_order: u32, to_order: u32) -> Result<(), Error> {
        let from = find(self, from_order)?;
        let to = find(self, to_order)?;
        let step = &self.steps[from];
        if let Some(needed) = step.dependencies.iter().find(|d| d.0 >= to_order) {
            return Err(Error::PlanEdit(format!(
                "step {from_order} cannot be moved to {to_order}: it depends on step {needed}"
            )));
        }
        let order = step.order;
        if to > from
            && let Some(dependent) =
                self.steps[from + 1..=to].iter().find(|s| s.dependencies.contains(&order))
        {
            return Err(Error::PlanEdit(format!(
                "step {from_order} cannot be moved to {to_order}: step {} depends on it",
                dependent.order
            )));
        }
        reorder(self, |steps| {
            let step = steps.remove(from);
            steps.insert(to, step);
        });
        Ok(())
    }

    fn set_code(&mut self, order: u32, code: impl Into<String>) -> Result<(), Error> {
        let index = find(self, order)?;
        self.steps[index].code = Some(code.into());
        self.steps[index].code_from = CodeFrom::Edited;
        Ok(())
    }
}

fn find(plan: &Plan, order: u32) -> Result<usize, Error> {
    (order as usize).checked_sub(1).filter(|i| *i < plan.steps.len()).ok_or_else(|| no_step(plan, order))
}

fn no_step(plan: &Plan, order: u32) -> Error {
    Error::PlanEdit(format!("there is no step {order}: the plan has steps 1 to {}", plan.steps.len()))
}

/// Changes the list of steps, numbers them anew, and lets the dependencies follow.
fn reorder(plan: &mut Plan, change: impl FnOnce(&mut Vec<Step>)) {
    let before: BTreeMap<StepOrder, StepId> = plan.steps.iter().map(|s| (s.order, s.id.clone())).collect();
    change(&mut plan.steps);
    plan.renumber();
    let now: BTreeMap<StepId, StepOrder> = plan.steps.iter().map(|s| (s.id.clone(), s.order)).collect();
    let old_order: BTreeMap<&StepOrder, StepOrder> =
        before.iter().filter_map(|(order, id)| now.get(id).map(|new| (order, *new))).collect();
    for step in &mut plan.steps {
        step.dependencies = step.dependencies.iter().filter_map(|d| old_order.get(d).copied()).collect();
        step.dependencies.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "format_version": 1, "id": "p", "title": "t", "description": "d", "summary": "",
            "source": {"kind": "manual"}, "steps": [], "created_at": "2026-01-01T00:00:00Z", "runtime_version": "0"
        }))
        .unwrap();
        for n in 1..=4 {
            let new =
                NewStep { step_type: "x".into(), description: format!("step {n}"), ..NewStep::default() };
            plan.add_step(new, n - 1).unwrap();
        }
        plan.steps[2].dependencies = vec![StepOrder(1)];
        plan.steps[3].dependencies = vec![StepOrder(3)];
        plan
    }

    fn shape(plan: &Plan) -> Vec<(String, Vec<u32>)> {
        plan.steps
            .iter()
            .map(|s| (s.description.clone(), s.dependencies.iter().map(|d| d.0).collect()))
            .collect()
    }

    #[test]
    fn dependencies_follow_an_insertion() {
        let mut plan = plan();
        let new = NewStep { step_type: "x".into(), description: "new".into(), ..NewStep::default() };
        assert_eq!(plan.add_step(new, 1).unwrap(), StepOrder(2));
        assert_eq!(plan.steps[3].dependencies, [StepOrder(1)]);
        assert_eq!(plan.steps[4].dependencies, [StepOrder(4)]);
        assert!(plan.summary.contains("2. new"));
    }

    #[test]
    fn a_needed_step_is_removed_only_with_what_needs_it() {
        let mut plan = plan();
        assert!(plan.remove_step(1, false).is_err());
        plan.remove_step(1, true).unwrap();
        assert_eq!(shape(&plan), [("step 2".to_owned(), vec![])]);
    }

    #[test]
    fn a_step_does_not_move_past_what_it_needs() {
        let mut plan = plan();
        assert!(plan.move_step(3, 1).is_err());
        assert!(plan.move_step(1, 3).is_err());
        plan.move_step(2, 4).unwrap();
        assert_eq!(
            shape(&plan),
            [
                ("step 1".to_owned(), vec![]),
                ("step 3".to_owned(), vec![1]),
                ("step 4".to_owned(), vec![2]),
                ("step 2".to_owned(), vec![])
            ]
        );
        assert!(plan.move_step(9, 1).is_err());
    }
}
