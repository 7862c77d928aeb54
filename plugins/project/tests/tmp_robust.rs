use aksara_plugin_project::Django;
use aksara_sdk::*;
use std::time::Instant;
#[test]
fn all() {
    std::thread::Builder::new().stack_size(256<<20).spawn(|| {
    let root = std::path::PathBuf::from(std::env::var("ROBUST").unwrap());
    let mut pending = vec![root.clone()];
    let mut files = vec![];
    while let Some(d) = pending.pop() {
        for e in std::fs::read_dir(&d).unwrap() {
            let p = e.unwrap().path();
            if p.is_dir() { pending.push(p) }
            else if p.extension().is_some_and(|e| e == "py") {
                if p.to_string_lossy().contains("/django/db/") || p.to_string_lossy().contains("rest_framework/serializers") { continue }
 if let Ok(text) = std::fs::read_to_string(&p) {
                    let rel = p.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                    files.push(SourceFile { path: RelPath::new(rel).unwrap(), blob: BlobId::new("0"), text });
                }
            }
        }
    }
    files.push(SourceFile{path:RelPath::new("settings_x.py").unwrap(), blob:BlobId::new("0"), text:"INSTALLED_APPS=['django.contrib.admin','django.contrib.auth','django.contrib.contenttypes','django.contrib.sessions','django.contrib.sites','django.contrib.flatpages','django.contrib.redirects','rest_framework.authtoken', 'django_filters', 'django.contrib.gis.db.backends.spatialite']\nAUTH_USER_MODEL='auth.User'\n".into()});
    let t = Instant::now();
    let mut out = vec![]; let mut bytes = 0; let mut bad = 0; let mut some=0;
    for f in &files { let t0 = Instant::now(); if std::env::var("TRACE").is_ok() { eprintln!("{}", f.path); }
        match Django.scan(f) {
            Ok(r) => if let Some(v) = r.facts { some+=1; bytes += serde_json::to_string(&v).unwrap().len(); out.push(FileFacts { path: f.path.clone(), facts: v, problem: None }) },
            Err(e) => { eprintln!("{} {:?}", e, t0.elapsed()); bad += 1; out.push(FileFacts { path: f.path.clone(), facts: serde_json::Value::Null, problem: Some(e) }) }
        }
    }
    println!("{} files, {some} with facts, {bad} bad, {bytes} bytes json, {:?}", files.len(), t.elapsed());
    let t = Instant::now();
    let paths = files.iter().map(|f| f.path.clone()).collect();
    let facts = Django.link(&LinkInput { project: Detected { root: String::new(), scan: vec![String::new()], data: serde_json::from_str(r#"{"settings_module":"settings_x"}"#).unwrap() }, files: out, paths }).unwrap();
    println!("link {:?}; apps {:?}", t.elapsed(), facts.app_labels);
    for a in &facts.apps { println!("{} {} models={:?} mig={:?} state={} ns={:?}", a.label, a.dir, a.models.iter().map(|m| (&m.name, m.fields.len())).collect::<Vec<_>>(), a.migrations.problem, a.migrations.state.len(), a.models.iter().flat_map(|m| &m.not_static).collect::<Vec<_>>()); }
    println!("{:?}", facts.skipped);
    }).unwrap().join().unwrap();
}
