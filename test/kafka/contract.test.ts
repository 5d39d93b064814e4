import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { describeTopicContract } from '../topic/contract.ts'
import { kafkaTopic } from './kafka-topic.ts'

describeTopicContract('the Kafka topic', needsBroker(), () =>
  kafkaTopic({ brokers: [brokersOfRun()], name: uniqueTopic('prices') }),
)
