# Two stages from the same Node: what is built with is not what is shipped.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No scripts: the only one is that of the package `node`, and Node is here already.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
# The live page, and what bundles it.
COPY client client
COPY web web
COPY tools/web tools/web
RUN npm run build
RUN npm ci --ignore-scripts --omit=dev

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HTTP_HOST=0.0.0.0 HTTP_PORT=9464
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 9464
# The image has no curl, and needs none.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, without npm or a shell before it: signals reach it, and it stops in order.
ENTRYPOINT ["node", "--disable-warning=TimeoutNegativeWarning", "dist/bin.js"]
