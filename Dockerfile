# The gateway with its console and all connectors, as one image that runs without root and without a shell.

FROM node:22-bookworm-slim AS console
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY core/docs/openapi.json /src/core/docs/
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=console /src/web/dist web/dist
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags='-s -w' -o /out/cordboard ./core/cmd/cordboard
RUN mkdir -p /out/plugins /out/data && for main in plugins/*/main.go; do \
      go build -trimpath -ldflags='-s -w' -o /out/plugins/ "./$(dirname "$main")" || exit 1; \
    done

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/cordboard /usr/local/bin/cordboard
COPY --from=build /out/plugins /usr/local/lib/cordboard/plugins
COPY --from=build --chown=nonroot:nonroot /out/data /var/lib/cordboard
ENV CORDBOARD_PLUGIN_DIR=/usr/local/lib/cordboard/plugins \
    CORDBOARD_DATA_DIR=/var/lib/cordboard \
    CORDBOARD_ADDR=:8080 \
    CORDBOARD_HOOKS_ADDR=:8081
VOLUME /var/lib/cordboard
EXPOSE 8080 8081
ENTRYPOINT ["cordboard"]
CMD ["serve"]
