output "bucket" {
  description = "S3_BUCKET"
  value       = aws_s3_bucket.uploads.id
}

output "events_queue" {
  description = "EVENTS_SQS_QUEUE_URL"
  value       = aws_sqs_queue.events.id
}

output "signer_name" {
  description = "aws iam create-access-key --user-name … gives S3_SIGNER_ACCESS_KEY_ID and its secret"
  value       = aws_iam_user.signer.name
}

output "reader_name" {
  description = "aws iam create-access-key --user-name … gives S3_READER_ACCESS_KEY_ID and its secret"
  value       = aws_iam_user.reader.name
}

output "keeper_role" {
  description = "The role that Berth runs under"
  value       = aws_iam_role.keeper.arn
}
