import kafkajs, { type Admin } from 'kafkajs'
import { findFreePorts } from '../../../tools/kafka/free-port.ts'
import { connectAdmin } from '../../support/kafka.ts'
import { ownBroker } from '../../support/own-broker.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

type Operation = 'READ' | 'DESCRIBE' | 'WRITE' | 'CREATE'

/**
 * A broker that lets the user `reader` do only what it was allowed to; who comes without a login may do
 * everything.
 */
export async function aclBroker() {
  const [loginPort = 0] = await findFreePorts(1)
  const broker = await ownBroker({
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    extraListeners: [
      {
        name: 'LOGIN',
        protocol: 'SASL_PLAINTEXT',
        port: loginPort,
        properties: {
          'sasl.enabled.mechanisms': 'PLAIN',
          'plain.sasl.jaas.config': `${LOGIN} user_reader="secret";`,
        },
      },
    ],
  })
  const admin = await connectAdmin(broker.brokers)
  return {
    broker,
    admin,
    connection: {
      brokers: [`127.0.0.1:${loginPort}`],
      tls: null,
      sasl: { mechanism: 'plain', username: 'reader', password: 'secret' },
    } as const,
    allowGroups: () => admin.createAcls({ acl: [aclOf(AclResourceTypes.GROUP, '*', 'READ')] }),
    allow: (topic: string, ...operations: Operation[]) =>
      admin.createAcls({
        acl: operations.map((operation) => aclOf(AclResourceTypes.TOPIC, topic, operation)),
      }),
    /** Revokes the permissions on a topic. */
    forbid: (topic: string, ...operations: Operation[]) =>
      admin.deleteAcls({
        filters: operations.map((operation) => aclOf(AclResourceTypes.TOPIC, topic, operation)),
      }),
  }
}

function aclOf(
  resourceType: number,
  resourceName: string,
  operation: Operation,
): Parameters<Admin['createAcls']>[0]['acl'][number] {
  return {
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:reader',
    host: '*',
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }
}
