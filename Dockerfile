FROM node:24-bookworm-slim AS build
WORKDIR /pawl
COPY package.json package-lock.json .npmrc ./
# Without scripts, because `prepare` builds and the sources are not here yet; and so that a change in them does not
# install everything again.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY tooling/build.js tooling/bundle.js tooling/licences.js tooling/
COPY src src
RUN npm run build

FROM node:24-bookworm-slim AS packages
WORKDIR /pawl
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
# git reads local repositories and is the faster client; certificates are for fetching over HTTPS; bubblewrap keeps
# programs of tools apart, where the container is let make namespaces.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /pawl
COPY --from=packages /pawl/node_modules node_modules
COPY --from=build /pawl/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY schemas schemas
COPY example-repo example-repo
RUN ln -s /pawl/bin/pawl.js /usr/local/bin/pawl && mkdir /work && chown node:node /work
ENV NODE_ENV=production
USER node
# Where a repository is mounted; .pawl/, with the embedded database, is made in it.
WORKDIR /work
ENTRYPOINT ["pawl"]
CMD ["--help"]
