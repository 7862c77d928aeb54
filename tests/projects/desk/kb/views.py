from django.shortcuts import get_object_or_404
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.response import Response

from .models import Article
from .serializers import ArticleSerializer


@api_view(["GET"])
@permission_classes([AllowAny])
def article_list(request):
    articles = Article.objects.filter(is_public=True)
    return Response(ArticleSerializer(articles, many=True).data)


@api_view(["GET"])
@permission_classes([AllowAny])
def article_detail(request, slug):
    article = get_object_or_404(Article, slug=slug, is_public=True)
    return Response(ArticleSerializer(article).data)


@api_view(["POST"])
@permission_classes([IsAdminUser])
def article_create(request):
    serializer = ArticleSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    serializer.save()
    return Response(serializer.data, status=201)
