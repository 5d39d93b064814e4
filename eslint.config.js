import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only: one name for one thing, everywhere.',
}
const NO_ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment reaches the service through readConfig (src/cli.ts hands it in).',
}

const NO_DOUBLE_CAST = {
  selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword',
  message: 'A cast by way of unknown hides a type that is wrong: parse the value, or fix the type.',
}
const EVERYWHERE = [NO_DEFAULT_EXPORT, NO_DOUBLE_CAST]

export default defineConfig(
  globalIgnores([
    ...['dist/', 'coverage/', '.cache/', '.stack/', 'web/vendor/'],
    // Has packages and a compiler's check of its own, which are seldom installed.
    'tools/dashboard-pictures/',
  ]),
  // A rule that is wrong for this code is changed here, with the reason; never silenced in place.
  { linterOptions: { noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A number, a boolean or null in a template says what it is.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...EVERYWHERE],
    },
  },
  {
    files: ['src/**/*.ts'],
    // The SDK of OpenTelemetry can be configured by the environment of the process alone.
    ignores: ['src/cli.ts', 'src/observability/tracing/sdk.ts'],
    rules: { 'no-restricted-syntax': ['error', ...EVERYWHERE, NO_ENVIRONMENT] },
  },
  {
    // A table of cases may be long; a module may not.
    files: [
      ...['src/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts', 'test/support/**/*.ts', 'web/**/*.ts'],
      ...['prometheus/**/*.ts', 'grafana/**/*.ts'],
    ],
    rules: { 'max-lines': ['error', 400] },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'node:process', importNames: ['env'], message: NO_ENVIRONMENT.message }],
        },
      ],
    },
  },
  {
    // The tools that read these files want the default export.
    files: ['*.config.ts', 'test/**/*global-setup.ts'],
    rules: { 'no-restricted-syntax': ['error', NO_DOUBLE_CAST] },
  },
)
