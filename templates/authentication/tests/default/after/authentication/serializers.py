from collections.abc import Mapping
from contextlib import suppress

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers

from .services import waiting_users

User = get_user_model()


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["pk", "username", "email"]
        read_only_fields = fields


class RegisterSerializer(serializers.ModelSerializer):
    # Declared, so that a known address is no error: nobody is to learn who has an account.
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)

    class Meta:
        model = User
        fields = ["username", "email", "password"]

    def to_internal_value(self, data):
        # Who waits for verification may register again, by the same name too.
        email = data.get("email") if isinstance(data, Mapping) else None
        with suppress(serializers.ValidationError):
            self.instance = waiting_users(self.fields["email"].run_validation(email)).first()
        return super().to_internal_value(data)

    def validate_email(self, value):
        return value.lower()

    def validate(self, attrs):
        user = User(**{name: value for name, value in attrs.items() if name != "password"})
        try:
            validate_password(attrs["password"], user)
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class EmailSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


class VerifySerializer(serializers.Serializer):
    token = serializers.CharField(max_length=100)
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)


class LoginSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)

    def validate(self, attrs):
        user = authenticate(
            self.context["request"], username=attrs["username"], password=attrs["password"]
        )
        if user is None:
            message = "These credentials are wrong, or the e-mail address is not verified yet."
            raise serializers.ValidationError(message, code="authorization")
        attrs["user"] = user
        return attrs
