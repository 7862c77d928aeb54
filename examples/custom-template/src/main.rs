//! A template in Rust, registered with the runtime: who changed what through the site, in a table.
//!
//!     cargo build && cargo run -p aksara-example-custom-template -- PROJECT APP [PLUGINS]
//!
//! The same template as a script, which needs no build, is in `templates/`.
#![allow(clippy::print_stdout, reason = "a host talks to its user as it likes")]

use std::{error::Error, path::PathBuf};

use aksara_runtime::{
    AgentRuntime, ExecuteOptions, Meta, PlanOptions, PlanTemplate, TemplateFailure, TemplateParams,
};
use async_trait::async_trait;
use serde_json::{Value, json};

/// The middleware's source. Where it goes, and how it is listed, is the business of `create_middleware`.
const MIDDLEWARE: &str = include_str!("../templates/audit_log/middleware.django.j2");

struct AuditLogTemplate;

#[async_trait]
impl PlanTemplate for AuditLogTemplate {
    fn name(&self) -> &str {
        "audit_log"
    }

    fn steps(&self) -> Value {
        json!([
            { "type": "create_model", "description": "Create AuditLog model" },
            { "type": "create_middleware", "description": "Create audit middleware" },
            { "type": "create_migration", "description": "Generate migration" },
        ])
    }

    async fn customize(&self, params: &TemplateParams<'_>) -> Result<Value, TemplateFailure> {
        let app = params.text("app").ok_or("no app was given")?;
        if params.project().app(app).is_none() {
            let known: Vec<&str> = params.project().apps.iter().map(|a| a.label.as_str()).collect();
            return Err(format!("there is no app `{app}`; there are {}", known.join(", ")).into());
        }
        let mut steps = self.steps();
        steps[0]["params"] = json!({
            "model": format!("{app}.AuditLog"),
            "doc": "A request that changed something.",
            "fields": [
                {
                    "name": "user", "type": "foreign_key", "to": "user",
                    "null": true, "blank": true, "on_delete": "set_null", "related_name": "audit_logs",
                },
                { "name": "method", "type": "string", "max_length": 10 },
                { "name": "path", "type": "string", "max_length": 500 },
                { "name": "status", "type": "positive_integer" },
                { "name": "created_at", "type": "datetime", "set_on_create": true },
            ],
            "ordering": ["-created_at"],
        });
        steps[1]["params"] = json!({
            "app": app,
            "name": "AuditLogMiddleware",
            "body": MIDDLEWARE,
            "imports": [{ "module": format!("{app}.models"), "name": "AuditLog" }],
        });
        steps[2]["params"] = json!({ "app": app, "name": "audit_log" });
        Ok(steps)
    }

    fn params(&self) -> Value {
        json!({
            "type": "object",
            "required": ["app"],
            "properties": {
                "app": { "type": "string", "description": "The app that gets the table", "x-kind": "app" },
            },
        })
    }

    fn meta(&self) -> Meta {
        Meta {
            name: self.name().to_owned(),
            title: "Add an audit log".to_owned(),
            summary: "Who changed what through the site.".to_owned(),
            version: "1.0.0".to_owned(),
            stacks: vec!["django".to_owned()],
            keywords: vec!["audit".to_owned()],
            examples: vec!["Add an audit log to the {app} app".to_owned()],
            ..Meta::default()
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(project), Some(app)) = (args.next(), args.next()) else {
        return Err("usage: aksara-example-custom-template PROJECT APP [PLUGINS]".into());
    };
    let beside = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    let runtime = AgentRuntime::builder(project)
        .plugins(args.next().map_or(beside, PathBuf::from), "the host")
        .plugins_in_process()
        .environment(std::env::vars().collect())
        .register_template(AuditLogTemplate)
        .build()?;
    let planner = runtime.planner();
    let params = json!({ "app": app }).as_object().cloned().unwrap_or_default();
    let plan = planner.from_template("audit_log", params, PlanOptions::default()).await?;
    for step in &plan.steps {
        println!("{}. {} ({})", step.order, step.description, step.step_type);
    }
    let result = planner.execute(&plan, ExecuteOptions::default()).await?;
    println!("{}", result.summary);
    if result.success { Ok(()) } else { Err("nothing was landed".into()) }
}
