"""A collector of the official Python packages of OpenTelemetry's protocol.

Usage: foreign_collector.py GRPC_PORT HTTP_PORT FILE. Appends each request to FILE as a line of OTLP JSON.
"""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service

IDS = ("traceId", "spanId", "parentSpanId")
GRPC_PORT, HTTP_PORT, FILE = sys.argv[1:]
LOCK = Lock()


def with_ids(value, convert):
    """The JSON form of OTLP has ids in hexadecimal, that of Protocol Buffers in base64."""
    if isinstance(value, list):
        return [with_ids(one, convert) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: convert(member) if name in IDS else with_ids(member, convert)
        for name, member in value.items()
    }


def keep(request):
    line = with_ids(MessageToDict(request), lambda text: base64.b64decode(text).hex())
    with LOCK, open(FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def from_json(body):
    value = with_ids(json.loads(body), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return ParseDict(value, messages.ExportTraceServiceRequest())


class Spans(service.TraceServiceServicer):
    def Export(self, request, context):
        keep(request)
        return messages.ExportTraceServiceResponse()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if self.headers["transfer-encoding"] != "chunked":
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def do_POST(self):
        body = self.read_body()
        is_json = self.headers["content-type"] == "application/json"
        request = messages.ExportTraceServiceRequest
        if self.path == "/v1/traces":
            keep(from_json(body) if is_json else request.FromString(body))
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.send_header("content-type", self.headers["content-type"])
        answer = b"{}" if is_json else b""
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


grpc_server = grpc.server(ThreadPoolExecutor(max_workers=2))
service.add_TraceServiceServicer_to_server(Spans(), grpc_server)
grpc_server.add_insecure_port(f"127.0.0.1:{GRPC_PORT}")
grpc_server.start()
ThreadingHTTPServer(("127.0.0.1", int(HTTP_PORT)), Handler).serve_forever()
