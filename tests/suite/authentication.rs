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
    let (set_up, throttles) = ("if two_factor.has_second_factor(request.user):", "[ScopedRateThrottle]\n");
    bites(
        &project,
        &[
            ("another device", "views.py", set_up, "if False:"),
            (
                "recovery codes of before",
                "two_factor.py",
                "    StaticDevice.objects.filter(user=user).delete()\n    recovery",
                "    recovery",
            ),
            ("codes may be tried for ever", "views.py", throttles, "[]\n"),
            (
                "the device of whomever",
                "two_factor.py",
                "(user=user, confirmed=False).first",
                "(confirmed=False).first",
            ),
            (
                "devices of all",
                "two_factor.py",
                "    TOTPDevice.objects.filter(user=user).delete()",
                "    TOTPDevice.objects.all().delete()",
            ),
        ],
    );
    let settings = project.read("config/settings.py");
    let token = "'rest_framework.authentication.TokenAuthentication',";
    let basic = format!("{token}\n        'rest_framework.authentication.BasicAuthentication',");
    project.write("config/settings.py", settings.replace(token, &basic));
    let output = project.python(&["manage.py", "test", "--no-input", "authentication"]);
    assert!(!output.status.success(), "a password alone was not caught");
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
    project.write(".venv/pyvenv.cfg", "home = /usr/bin\n");
    let plan = |request: &str| project.aksara(AKSARA, &["ai", "plan", request, "--dry-run"]);
    let run = plan("Add authentication with 2fa and social login").expect(3);
    assert!(
        run.stderr.contains("needs django-otp>=1.5 and django-allauth[socialaccount]>="),
        "{}",
        run.stderr
    );
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

/// Authentication classes in the blog's settings.
fn with_classes(classes: &str) -> Project {
    with_settings(|text| {
        let entry = format!("REST_FRAMEWORK = {{\n    'DEFAULT_AUTHENTICATION_CLASSES': [{classes}],\n");
        text.replace("REST_FRAMEWORK = {\n", &entry)
    })
}

/// The blog with another line among its root URLs.
fn with_url(project: Project, import: &str, pattern: &str) -> Project {
    let urls = project.read("config/urls.py");
    let urls = urls.replace("urlpatterns = [\n", &format!("urlpatterns = [\n    {pattern},\n"));
    project.write("config/urls.py", format!("{import}\n{urls}"));
    project.commit("Another URL");
    project
}

#[test]
fn a_second_factor_beside_tokens_for_a_password_alone_is_refused() {
    for (import, pattern, said) in [
        (
            "from rest_framework.authtoken.views import obtain_auth_token",
            "path(\"api/auth-token/\", obtain_auth_token)",
            "at /api/auth-token/ (rest_framework.authtoken.views.obtain_auth_token)",
        ),
        (
            "from rest_framework_simplejwt.views import TokenObtainPairView",
            "path(\"api/jwt/\", TokenObtainPairView.as_view())",
            "at /api/jwt/ (rest_framework_simplejwt.views.TokenObtainPairView)",
        ),
        ("", "path(\"knox/\", include(\"knox.urls\"))", "at /knox/ (knox.urls)"),
    ] {
        let project = with_url(Project::of("django-blog"), import, pattern);
        let run = project.aksara(AKSARA, &["ai", "plan", "Add authentication with 2fa"]).expect(2);
        assert!(run.stderr.contains("a second factor here would be gone round"), "{}", run.stderr);
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(run.stderr.contains("leave the second factor out"), "{}", run.stderr);
        let plan = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION, "--json"]).expect(0).json();
        let warnings = plan["warnings"].to_string();
        assert!(warnings.contains("The project has another way in"), "{warnings}");
    }
    let project = with_classes("'rest_framework.authentication.BasicAuthentication'");
    let run = project.aksara(AKSARA, &["ai", "plan", "Add authentication with 2fa"]).expect(2);
    assert!(
        run.stderr.contains("take rest_framework.authentication.BasicAuthentication out"),
        "{}",
        run.stderr
    );
}

#[test]
fn basic_authentication_is_not_brought_in() {
    let project = Project::of("django-blog");
    let plan =
        project.aksara(AKSARA, &["ai", "plan", "Add authentication with 2fa", "--json"]).expect(0).json();
    assert!(!plan["steps"].to_string().contains("BasicAuthentication"), "{}", plan["steps"]);
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("REST framework's default also logs in by BasicAuthentication"), "{warnings}");
    assert!(warnings.contains("a password alone begins one at /admin/"), "{warnings}");
}

#[test]
fn a_registration_and_a_login_of_the_projects_own_are_named() {
    let project = Project::of("django-blog");
    project.write(
        "blog/accounts.py",
        "from rest_framework import generics\nfrom rest_framework.authtoken.views import ObtainAuthToken\n\n\n\
         class CreateUserView(generics.CreateAPIView):\n    pass\n\n\nclass TokenView(ObtainAuthToken):\n    pass\n",
    );
    let project = with_url(
        project,
        "from blog import accounts",
        "path(\"user/create/\", accounts.CreateUserView.as_view()),\n    path(\"user/token/\", \
         accounts.TokenView.as_view())",
    );
    let run = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION]).expect(2);
    for line in [
        "registers users at /user/create/ (blog.accounts.CreateUserView)",
        "logs them in at /user/token/ (blog.accounts.TokenView)",
        "to have both: --set separate=true",
    ] {
        assert!(run.stderr.contains(line), "{line}: {}", run.stderr);
    }
    carried_out(&project, &[AUTHENTICATION, "--set", "separate=true"]);
    // It was decided.
    let again = project.aksara(AKSARA, &["ai", "plan", AUTHENTICATION, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already"), "{}", again.stderr);
}

#[test]
fn tokens_are_those_of_the_project() {
    let test = "tokens_are_those_of_the_project";
    let Some(python) = Project::with_python("django-blog", "accounts", test) else { return };
    let settings = python.read("config/settings.py").replace(
        "REST_FRAMEWORK = {\n",
        "REST_FRAMEWORK = {\n    'DEFAULT_AUTHENTICATION_CLASSES': \
         ['rest_framework_simplejwt.authentication.JWTAuthentication'],\n",
    );
    python.write("config/settings.py", settings);
    python.commit("JWT");
    carried_out(&python, &["Add authentication with 2fa"]);
    works(&python).unwrap_or_else(|text| panic!("{text}"));
    let settings = python.read("config/settings.py");
    assert!(settings.contains("rest_framework_simplejwt.token_blacklist"), "{settings}");
    assert!(!settings.contains("authtoken"), "{settings}");
    bites(
        &python,
        &[
            ("logout does nothing", "urls.py", "TokenBlacklistView.as_view()", "TokenRefreshView.as_view()"),
            ("the wrong token", "views.py", "str(refresh.access_token)", "str(refresh)"),
        ],
    );
}

#[test]
fn addresses_are_verified_for_an_allauth_of_the_projects_own() {
    let test = "addresses_are_verified_for_an_allauth_of_the_projects_own";
    let Some(project) = Project::with_python("django-blog", "accounts", test) else { return };
    let settings = project.read("config/settings.py");
    let settings = settings
        .replace(
            "    'rest_framework',\n",
            "    'rest_framework',\n    'allauth',\n    'allauth.account',\n    'allauth.socialaccount',\n",
        )
        .replace("MIDDLEWARE = [\n", "MIDDLEWARE = [\n    'allauth.account.middleware.AccountMiddleware',\n");
    project.write("config/settings.py", format!("{settings}\nACCOUNT_EMAIL_VERIFICATION = 'mandatory'\nACCOUNT_SIGNUP_FIELDS = ['email*', 'username*', 'password1*']\n"));
    let project = with_url(project, "", "path(\"accounts/\", include(\"allauth.urls\"))");
    let run =
        project.aksara(AKSARA, &["ai", "plan", "Add authentication with social login", "--execute", "--yes"]);
    let run = run.expect(0);
    assert!(run.stderr.contains("Logins begin at /accounts/google/login/"), "{}", run.stderr);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let settings = project.read("config/settings.py");
    assert!(settings.contains("ACCOUNT_EMAIL_VERIFICATION = 'mandatory'"), "{settings}");
    assert!(settings.contains("allauth.socialaccount.providers.google"), "{settings}");
    assert!(!settings.contains("HEADLESS_ONLY") && !settings.contains("SOCIALACCOUNT_ONLY"), "{settings}");
    bites(
        &project,
        &[
            (
                "allauth is not asked",
                "serializers.py",
                "not EmailAddress.objects.filter(user=user, verified=True).exists()",
                "False",
            ),
            ("allauth is not told", "services.py", "\"verified\": True", "\"verified\": False"),
        ],
    );
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
    bites(
        &project,
        &[
            ("nobody is verified", "services.py", "()(is_active=False)", "()(is_active=True)"),
            ("a token works for ever", "services.py", "filter(expires_at__gt=timezone.now())", "all()"),
            ("a token works twice", "services.py", "        verification.delete()\n", ""),
            ("a token in clear", "services.py", "return sha256(token.encode()).hexdigest()", "return token"),
            (
                "deactivated users come back",
                "services.py",
                "if not EmailVerification.objects.filter(user=user).exists():",
                "if False:",
            ),
            ("banned users register again", "services.py", ", email_verification__isnull=False", ""),
            (
                "active users are made anew",
                "services.py",
                "is_active=False, email_verification",
                "email_verification",
            ),
            ("the slower of two gets an error", "views.py", "except IntegrityError", "except ValueError"),
            (
                "a mailbox is flooded",
                "views.py",
                "    account_field = \"email\"",
                "    account_field = \"username\"",
            ),
            ("an account in capitals", "throttling.py", ".lower()", ""),
            ("an account with spaces", "throttling.py", ".strip()", ""),
            ("weak passwords", "serializers.py", "validate_password(attrs[\"password\"], user)", "pass"),
            ("a known address is told", "services.py", "    if known is not None:\n", "    if False:\n"),
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
            ("logout for all", "views.py", "Token.objects.filter(user=request.user)", "Token.objects.all()"),
            ("a session stays", "views.py", "        logout(request)\n", ""),
            ("a mail server that is down", "services.py", "except OSError", "except ValueError"),
            ("a short token", "services.py", "token_urlsafe(32)", "token_urlsafe(2)"),
            (
                "registering takes an account over",
                "services.py",
                "        return known, None\n",
                "        known.set_password(password)\n        known.save()\n        return known, None\n",
            ),
            (
                "whoever was there first keeps the password",
                "services.py",
                "    waiting = waiting_users(email).select_for_update().first()\n",
                "    waiting = None\n",
            ),
            (
                "whoever was there last keeps the password",
                "services.py",
                " or not verification.user.check_password(password)",
                "",
            ),
            (
                "an address is looked up as it comes",
                "serializers.py",
                "self.fields[\"email\"].run_validation(email)",
                "email",
            ),
            (
                "a name is taken by who waits",
                "serializers.py",
                "self.instance = waiting_users",
                "_ = waiting_users",
            ),
            ("an address is kept as it is written", "serializers.py", "return value.lower()", "return value"),
            (
                "spaces are cut off",
                "serializers.py",
                "password = serializers.CharField(write_only=True, trim_whitespace=False,",
                "password = serializers.CharField(write_only=True,",
            ),
            (
                "a known address is an error",
                "serializers.py",
                "    def validate_email(self, value):\n",
                "    def validate_email(self, value):\n        if User.objects.filter(email=value, \
             is_active=True).exists():\n            raise serializers.ValidationError(\"known\")\n",
            ),
        ],
    );
}

/// Each change of the app's code, of a path, what stands there and what for it, fails its tests.
fn bites(project: &Project, changes: &[(&str, &str, &str, &str)]) {
    for (name, path, old, new) in changes {
        let path = format!("authentication/{path}");
        let good = project.read(&path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(&path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input", "authentication"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(&path, good);
    }
}
