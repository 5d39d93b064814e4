#!/bin/bash
# Debian's promtool has no `check ready`; everything else goes to it.
if [[ "$1 $2" == 'check ready' ]]; then
  for argument; do
    case $argument in --url=*) exec /usr/bin/http-ok "${argument#--url=}/-/ready" ;; esac
  done
fi
exec /bin/promtool-debian "$@"
