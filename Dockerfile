# The product in one static binary: `posthorn api`, `worker`, `serve`, `setup` …
#
#   docker build -t posthorn:local .
#
# Both bases are pinned; the second also by digest, because its tag moves.

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
WORKDIR /src
# The source is mounted, not copied, and modules and compiled packages stay in
# caches: a change of one file compiles one package. Only modules that the
# binary needs are fetched, not the development stack's.
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X posthorn/gateway.version=$VERSION" -o /out/posthorn ./cmd/posthorn

# Certificates, time zones and a user without rights (65532); no shell.
FROM gcr.io/distroless/static-debian13:nonroot@sha256:e2e927ec666bae08560abb3c55d0659eceabb657f56b6782ab500a9fc7f555e3
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Posthorn" \
      org.opencontainers.image.description="A self-hosted, durable webhook gateway" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /out/posthorn /posthorn
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/posthorn", "health"]
ENTRYPOINT ["/posthorn"]
CMD ["serve"]
