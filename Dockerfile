# The example server. `docker compose up --build`, then http://localhost:3000.

FROM rust:1.95-bookworm AS build
# The video encoder is faster with its assembly.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nasm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package leyline-server \
 && install -d /out/data \
 && strip --strip-debug -o /out/leyline-server target/release/leyline-server

# The C and C++ runtimes, a user without privileges, and no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/leyline-server /usr/local/bin/leyline-server
COPY --from=build --chown=nonroot:nonroot /out/data /data
ENV LEYLINE_LISTEN=0.0.0.0:3000 \
    LEYLINE_STORE=sqlite:/data/leyline.db \
    LEYLINE_BLOBS=file:/data/blobs
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s \
    CMD ["/usr/local/bin/leyline-server", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/leyline-server"]
