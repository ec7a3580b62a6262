output "topics" {
  description = "Name of a topic => its name, known when planning, and its full name."
  value       = { for name, topic in google_pubsub_topic.this : name => { name = topic.name, id = topic.id } }
}

output "dead_letters" {
  description = "Names of the subscriptions that hold dead letters, each under itself."
  value       = { for subscription in google_pubsub_subscription.dead : subscription.name => subscription.name }
}

output "push" {
  description = "The push subscriptions as planned, for tests."
  value       = google_pubsub_subscription.push
}

output "dead" {
  description = "The dead-letter subscriptions as planned, for tests."
  value       = google_pubsub_subscription.dead
}
