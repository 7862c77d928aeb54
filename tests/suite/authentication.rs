//! Authentication: what is generated passes every gate, for Django's users and others, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};
use crate::user_profile::with_email_users;

const AUTHENTICATION: &str = "Add authentication with email verification";

#[test]
fn authentication_passes_every_gate_before_and_after_other_features() {
    let test = "authentication_passes_every_gate_before_and_after_other_features";
    let Some(project) = Project::django_blog(test) else { return };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[AUTHENTICATION]);
    passes(&project);
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);

    let Some(project) = Project::django_blog(test) else { return };
    for request in [
        "Add tagging to posts",
        AUTHENTICATION,
        "Add user profiles",
        "Add commenting to posts",
        "Add ratings to posts",
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
}

#[test]
fn users_who_log_in_by_email() {
    let Some(project) = with_email_users("users_who_log_in_by_email") else { return };
    carried_out(&project, &[AUTHENTICATION]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let serializers = project.read("authentication/serializers.py");
    assert!(serializers.contains("fields = [\"email\", \"full_name\", \"password\"]"), "{serializers}");
    assert!(serializers.contains("    email = serializers.EmailField(max_length=254)"), "{serializers}");
}

#[test]
fn users_who_cannot_be_verified_are_refused_with_a_way() {
    let Some(project) = with_email_users("users_who_cannot_be_verified_are_refused_with_a_way") else {
        return;
    };
    let models = project.read("members/models.py");
    project.write(
        "members/models.py",
        models.replace("    is_active = models.BooleanField(default=True)\n", ""),
    );
    project.commit("No switch");
    let run = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION]).expect(2);
    assert!(run.stderr.contains("members.Member has no field is_active"), "{}", run.stderr);
    assert!(run.stderr.contains("Add is_active:boolean"), "{}", run.stderr);
}

#[test]
fn a_second_factor_by_django_otp() {
    let test = "a_second_factor_by_django_otp";
    let Some(project) = Project::with_python("django-blog", "accounts", test) else { return };
    carried_out(&project, &["Add authentication with 2fa"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("requirements.txt").contains("django-otp>="));
}

#[test]
fn login_by_other_sites_by_django_allauth() {
    let test = "login_by_other_sites_by_django_allauth";
    let Some(project) = Project::with_python("django-blog", "accounts", test) else { return };
    carried_out(&project, &["Add authentication with social login"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("requirements.txt").contains("django-allauth"));
}

#[test]
fn a_package_that_the_environment_lacks_is_missed_while_planning() {
    let project = Project::of("django-blog");
    let packages = ".venv/lib/python3.12/site-packages";
    project.write(&format!("{packages}/django-5.2.1.dist-info/METADATA"), "");
    project.write(&format!("{packages}/pip-25.0.dist-info/METADATA"), "");
    let plan = |request: &str| project.aksara(AKSARA, &["ai", "plan", request, "--dry-run"]);
    let run = plan("Add authentication with 2fa and social login").expect(3);
    assert!(run.stderr.contains("needs django-otp>=1.5 and django-allauth[socialaccount]>="), "{}", run.stderr);
    assert!(run.stderr.contains(".venv/bin/python -m pip install \"django-otp>=1.5\""), "{}", run.stderr);
    project.write(&format!("{packages}/django_otp-1.7.0.dist-info/METADATA"), "");
    let _ = plan("Add authentication with 2fa").expect(0);
    let _ = plan("Add authentication").expect(0);
}

/// The settings of the blog, changed.
fn with_settings(change: impl Fn(String) -> String) -> Project {
    let project = Project::of("django-blog");
    let settings = project.read("config/settings.py");
    project.write("config/settings.py", change(settings));
    project.commit("Other settings");
    project
}

#[test]
fn a_second_factor_beside_tokens_for_a_password_alone_is_refused() {
    let project = with_settings(|text| {
        text.replace(
            "REST_FRAMEWORK = {\n",
            "REST_FRAMEWORK = {\n    'DEFAULT_AUTHENTICATION_CLASSES': \
             ['rest_framework_simplejwt.authentication.JWTAuthentication'],\n",
        )
    });
    let run = project.aksara(AKSARA, &["ai", "plan", "Add authentication with 2fa"]).expect(2);
    assert!(run.stderr.contains("a second factor here would be gone round"), "{}", run.stderr);
    assert!(run.stderr.contains("leave the second factor out"), "{}", run.stderr);
    let plan = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION, "--json"]).expect(0).json();
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("The project has a second way to log in"), "{warnings}");
}

#[test]
fn social_login_without_sessions_is_refused_with_what_to_add() {
    let project = with_settings(|text| {
        let gone = ["contrib.sessions", "AuthenticationMiddleware"];
        let kept = text.lines().filter(|line| !gone.iter().any(|word| line.contains(word)));
        kept.map(|line| format!("{line}\n")).collect()
    });
    let run = project.aksara(AKSARA, &["ai", "plan", "Add authentication with social login"]).expect(2);
    for line in [
        "needs django.contrib.sessions, ",
        "add django.contrib.sessions to INSTALLED_APPS, ",
        "django.contrib.auth.middleware.AuthenticationMiddleware to MIDDLEWARE, then ask again",
    ] {
        assert!(run.stderr.contains(line), "{line}: {}", run.stderr);
    }
    let _ = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION]).expect(0);
}

/// What a project's own validators ask for is no business of the tests of what is generated.
#[test]
fn passwords_in_a_project_that_checks_none() {
    let Some(project) = Project::django_blog("passwords_in_a_project_that_checks_none") else { return };
    let settings = project.read("config/settings.py");
    let start = settings.find("AUTH_PASSWORD_VALIDATORS").unwrap();
    let end = start + settings[start..].find("]\n").unwrap() + 2;
    project.write("config/settings.py", format!("{}{}", &settings[..start], &settings[end..]));
    project.commit("No validators");
    let run = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION, "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("a project without any takes every password"), "{}", run.stderr);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}

#[test]
fn the_tests_of_authentication_bite() {
    let Some(project) = Project::django_blog("the_tests_of_authentication_bite") else { return };
    carried_out(&project, &[AUTHENTICATION]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("nobody is verified", "services.py", "is_active=False", "is_active=True"),
        ("a token works for ever", "services.py", "filter(expires_at__gt=timezone.now())", "all()"),
        ("a token works twice", "services.py", "        verification.delete()\n", ""),
        ("a token in clear", "services.py", "return sha256(token.encode()).hexdigest()", "return token"),
        (
            "deactivated users come back",
            "services.py",
            "if not EmailVerification.objects.filter(user=user).exists():",
            "if False:",
        ),
        ("weak passwords", "serializers.py", "validate_password(attrs[\"password\"], user)", "pass"),
        (
            "a known address is told",
            "services.py",
            "    if known is None:\n        try",
            "    if True:\n        try",
        ),
        (
            "anybody may try for ever",
            "views.py",
            "throttle_classes = [ScopedRateThrottle, AccountThrottle]",
            "throttle_classes = [AccountThrottle]",
        ),
        (
            "an account may be tried for ever",
            "views.py",
            "[ScopedRateThrottle, AccountThrottle]",
            "[ScopedRateThrottle]",
        ),
        ("an old token keeps out", "views.py", "    authentication_classes = []\n", ""),
        ("logout does nothing", "views.py", "Token.objects.filter(user=request.user).delete()", "pass"),
        (
            "me for everybody",
            "views.py",
            "serializer_class = UserSerializer\n\n    def get_object",
            "serializer_class = UserSerializer\n    permission_classes = []\n\n    def get_object",
        ),
        ("a mail server that is down", "services.py", "except OSError", "except ValueError"),
    ] {
        let path = format!("authentication/{path}");
        let good = project.read(&path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(&path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input", "authentication"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(&path, good);
    }
}
