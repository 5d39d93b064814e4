{{- define "orderbook.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "orderbook.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "orderbook.labels" -}}
{{ include "orderbook.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{/* Component that the Service leads to. */}}
{{- define "orderbook.served" -}}
{{- ternary "consumer-all" "consumer" .Values.consumerAll.enabled -}}
{{- end -}}

{{- define "orderbook.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "orderbook.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "orderbook.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Settings as variables; those of the role win over the common ones. */}}
{{- define "orderbook.settings" -}}
{{- $settings := merge (dict) .role.settings .root.Values.settings -}}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  {{- /* Helm reads every number as a float and would write large ones with an exponent. */}}
  {{- if and (kindIs "float64" $value) (eq (floor $value) $value) }}
  value: {{ int64 $value | quote }}
  {{- else }}
  value: {{ $value | toString | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "orderbook.env" -}}
{{- $kafka := .Values.kafka -}}
- name: HTTP_HOST
  value: 0.0.0.0
- name: HTTP_PORT
  value: '9464'
- name: KAFKA_BROKERS
  value: {{ required "kafka.brokers is required: host:port of an existing cluster" (join "," $kafka.brokers) | quote }}
- name: KAFKA_TOPIC
  value: {{ $kafka.topic | quote }}
- name: KAFKA_TRADES_TOPIC
  value: {{ $kafka.tradesTopic | quote }}
- name: KAFKA_PARTITIONS
  value: {{ $kafka.partitions | quote }}
- name: KAFKA_REPLICATION_FACTOR
  value: {{ $kafka.replicationFactor | quote }}
{{- if $kafka.ssl }}
- name: KAFKA_SSL
  value: 'true'
{{- if $kafka.secretHasCa }}
- name: KAFKA_SSL_CA_FILE
  value: /run/secrets/kafka/ca.crt
{{- end }}
{{- if $kafka.secretHasClientCertificate }}
- name: KAFKA_SSL_CERT_FILE
  value: /run/secrets/kafka/tls.crt
- name: KAFKA_SSL_KEY_FILE
  value: /run/secrets/kafka/tls.key
{{- end }}
{{- end }}
{{- if $kafka.saslMechanism }}
- name: KAFKA_SASL_MECHANISM
  value: {{ $kafka.saslMechanism | quote }}
- name: KAFKA_SASL_USERNAME
  valueFrom:
    secretKeyRef: { name: {{ required "kafka.existingSecret is required with kafka.saslMechanism" $kafka.existingSecret | quote }}, key: username }
- name: KAFKA_SASL_PASSWORD_FILE
  value: /run/secrets/kafka/password
{{- end }}
{{- if .Values.httpAuth.existingSecret }}
- name: HTTP_AUTH_TOKEN_FILE
  value: /run/secrets/http/token
{{- end }}
{{- end -}}

{{- define "orderbook.container" -}}
image: {{ include "orderbook.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
ports:
  - { name: http, containerPort: 9464 }
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
# The start reads topics and books; a wrong setting ends the process at once.
startupProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 2
volumeMounts:
  - { name: tmp, mountPath: /tmp }
{{- if .Values.kafka.existingSecret }}
  - { name: kafka-secret, mountPath: /run/secrets/kafka, readOnly: true }
{{- end }}
{{- if .Values.httpAuth.existingSecret }}
  - { name: http-secret, mountPath: /run/secrets/http, readOnly: true }
{{- end }}
{{- end -}}

{{- define "orderbook.pod" -}}
serviceAccountName: {{ include "orderbook.serviceAccount" . }}
automountServiceAccountToken: false
# Addresses of other services of the namespace are not settings.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
# A clean stop takes at most SHUTDOWN_TIMEOUT_MS (10 s).
terminationGracePeriodSeconds: 15
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 16Mi }
{{- if .Values.kafka.existingSecret }}
  - name: kafka-secret
    secret: { secretName: {{ .Values.kafka.existingSecret | quote }}, defaultMode: 0440 }
{{- end }}
{{- if .Values.httpAuth.existingSecret }}
  - name: http-secret
    secret: { secretName: {{ .Values.httpAuth.existingSecret | quote }}, defaultMode: 0440 }
{{- end }}
{{- end -}}

{{- define "orderbook.podMetadata" -}}
labels:
  {{- include "orderbook.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  orderbook-exporter/scraped: {{ ne .component "consumer-all" | quote }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "orderbook.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
