#!/bin/bash
# http-ok URL: exit code 0 if the URL answers 200. For images without a client.
[[ $1 =~ ^http://([^:/]+):([0-9]+)(/.*)?$ ]] || exit 2
exec 3<>"/dev/tcp/${BASH_REMATCH[1]}/${BASH_REMATCH[2]}" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: stand-in\r\n\r\n' "${BASH_REMATCH[3]:-/}" >&3
read -r line <&3
[[ $line == *' 200 '* ]]
