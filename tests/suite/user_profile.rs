//! User profiles: for users who are there and who come, in every kind of project, and the tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const PROFILES: &str = "Add user profiles with bio and avatar url";

#[test]
fn profiles_pass_every_gate_before_and_after_other_features() {
    let test = "profiles_pass_every_gate_before_and_after_other_features";
    let Some(project) = Project::django_blog(test) else { return };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[PROFILES]);
    passes(&project);
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", PROFILES, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let more = project.aksara(AKSARA, &["ai", "plan", "Add user profiles with phone"]).expect(2);
    assert!(more.stderr.contains("is there already, without phone"), "{}", more.stderr);
    assert!(more.stderr.contains("Add phone to profiles.UserProfile"), "{}", more.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);

    let Some(project) = Project::django_blog(test) else { return };
    for request in
        ["Add tagging to posts", "Add user profiles", "Add commenting to posts", "Add ratings to posts"]
    {
        carried_out(&project, &[request]);
    }
    carried_out(&project, &["Add phone to profiles.UserProfile"]);
    passes(&project);
}

#[test]
fn profiles_are_served_by_the_api_that_serves_the_others() {
    let Some(project) = Project::django_blog("profiles_are_served_by_the_api_that_serves_the_others") else {
        return;
    };
    let api = |more: &str| {
        format!(
            "from django.urls import include, path\n\napp_name = \"api\"\nurlpatterns = [\n{more}    path(\"\", include(\"blog.urls\")),\n]\n"
        )
    };
    project.write("config/api.py", api(""));
    let root = project.read("config/urls.py").replace("include(\"blog.urls\")", "include(\"config.api\")");
    project.write("config/urls.py", &root);
    let tests = "blog/tests/test_posts.py";
    project.write(tests, project.read(tests).replace("reverse(\"", "reverse(\"api:"));
    let _ = project.commit("A namespace for the API");
    carried_out(&project, &[PROFILES]);
    assert_eq!(project.read("config/urls.py"), root);
    let added = "    path(\"profiles/\", include(\"profiles.urls\")),\n";
    assert_eq!(project.read("config/api.py"), api(added));
    passes(&project);
}

#[test]
fn users_who_are_there_get_a_profile() {
    let Some(project) = Project::django_blog("users_who_are_there_get_a_profile") else { return };
    let _ = project.manage(&["migrate", "--no-input"]);
    let make = "from django.contrib.auth.models import User; [User.objects.create_user(f'user{n}') for n in range(3)]";
    let _ = project.manage(&["shell", "-c", make]);
    carried_out(&project, &[PROFILES]);
    let _ = project.manage(&["migrate", "--no-input"]);
    let count = "from profiles.models import UserProfile; print('profiles', UserProfile.objects.count())";
    assert!(project.manage(&["shell", "-c", count]).contains("profiles 3"));
    // Back and forth, also with a user who came in between.
    let _ = project.manage(&["migrate", "--no-input", "profiles", "0001"]);
    let another = "from django.contrib.auth.models import User; User.objects.create_user('late')";
    let _ = project.manage(&["shell", "-c", another]);
    let _ = project.manage(&["migrate", "--no-input"]);
    assert!(project.manage(&["shell", "-c", count]).contains("profiles 4"));
}

/// A user who is told by the e-mail address, with a UUID as key, in an app of the project.
pub(crate) const EMAIL_USER: &str = "import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class MemberManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Member(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = MemberManager()

    USERNAME_FIELD = \"email\"
    REQUIRED_FIELDS = [\"full_name\"]

    def __str__(self):
        return self.email
";

/// The start project with that user model.
pub(crate) fn with_email_users(test: &str) -> Option<Project> {
    let project = Project::django_blog(test)?;
    project.write("members/__init__.py", "");
    project.write("members/models.py", EMAIL_USER);
    project.write("members/migrations/__init__.py", "");
    let settings =
        project.read("config/settings.py").replace("    'blog',\n", "    'members',\n    'blog',\n");
    project.write("config/settings.py", format!("{settings}\nAUTH_USER_MODEL = 'members.Member'\n"));
    // The start project's own tests make Django's users.
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    let _ = project.manage(&["makemigrations", "members"]);
    project.commit("Members log in by e-mail");
    Some(project)
}

#[test]
fn profiles_of_users_with_their_own_model() {
    let Some(project) = with_email_users("profiles_of_users_with_their_own_model") else { return };
    carried_out(
        &project,
        &["Add user profiles with bio, birthday:date, phone:string(20) unique and is_public"],
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let tests = project.read("profiles/tests/test_user_profiles.py");
    assert!(tests.contains("test_nobody_elses_profile_is_seen_or_changed"), "{tests}");
}

#[test]
fn another_profile_is_refused_with_what_to_do() {
    let Some(project) = Project::django_blog("another_profile_is_refused_with_what_to_do") else { return };
    carried_out(&project, &["Create a Profile model with user:o2o(user) and bio"]);
    let run = project.aksara(AKSARA, &["ai", "plan", "Add user profiles with phone"]).expect(2);
    assert!(run.stderr.contains("users have profiles already: blog.Profile"), "{}", run.stderr);
    assert!(run.stderr.contains("Add phone to blog.Profile"), "{}", run.stderr);
    let run = project.aksara(AKSARA, &["ai", "plan", "Add a phone field to User"]).expect(2);
    assert!(run.stderr.contains("Add user profiles with phone"), "{}", run.stderr);
}

#[test]
fn the_tests_of_profiles_bite() {
    let Some(project) = Project::django_blog("the_tests_of_profiles_bite") else { return };
    carried_out(&project, &[PROFILES]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        (
            "anybody may look",
            "profiles/views.py",
            "permission_classes = [IsAuthenticated]",
            "permission_classes = []",
        ),
        (
            "somebody else's profile",
            "profiles/views.py",
            "for_user(self.request.user)",
            "for_user(type(self.request.user).objects.last())",
        ),
        (
            "no profile for new users",
            "profiles/models.py",
            "cls.objects.get_or_create(user=user)[0]",
            "cls.objects.get(user=user)",
        ),
        ("a field is not served", "profiles/serializers.py", "\"bio\", ", ""),
        (
            "a moment may be changed",
            "profiles/serializers.py",
            "        read_only_fields = [\"created_at\", \"updated_at\"]\n",
            "        extra_kwargs = {\"created_at\": {\"read_only\": False}}\n",
        ),
        ("the owner may be changed", "profiles/serializers.py", "fields = [", "fields = [\"user\", "),
        (
            "profiles may be deleted",
            "profiles/views.py",
            "RetrieveUpdateAPIView",
            "RetrieveUpdateDestroyAPIView",
        ),
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(path, good);
    }
}
