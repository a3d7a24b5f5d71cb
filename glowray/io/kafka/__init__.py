"""Topics of Kafka: their records as rows, and rows as records. confluent-kafka speaks to the brokers."""
