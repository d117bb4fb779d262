# Object events -> EventBridge or SNS -> one queue, which waits while Berth is away.

resource "aws_sqs_queue" "dead_events" {
  name_prefix               = "berth-dead-events-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "events" {
  name_prefix                = "berth-events-"
  message_retention_seconds  = 345600
  receive_wait_time_seconds  = 20
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_events.arn
    maxReceiveCount     = 20
  })
}

data "aws_iam_policy_document" "events" {
  statement {
    sid       = "TakeFromTheRuleOrTheTopic"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.events.arn]

    principals {
      type        = "Service"
      identifiers = [local.by_sns ? "sns.amazonaws.com" : "events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = local.by_sns ? aws_sns_topic.arrivals[*].arn : aws_cloudwatch_event_rule.arrivals[*].arn
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.events.json
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket      = aws_s3_bucket.uploads.id
  eventbridge = !local.by_sns

  dynamic "topic" {
    for_each = aws_sns_topic.arrivals

    content {
      topic_arn     = topic.value.arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = "staging/"
    }
  }

  depends_on = [aws_sns_topic_policy.arrivals]
}

resource "aws_cloudwatch_event_rule" "arrivals" {
  count       = local.by_sns ? 0 : 1
  name_prefix = "berth-arrivals-"
  description = "Objects that arrive in staging/"

  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail = {
      bucket = { name = [var.bucket_name] }
      object = { key = [{ wildcard = "*staging/*" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "arrivals" {
  count = local.by_sns ? 0 : 1
  rule  = aws_cloudwatch_event_rule.arrivals[0].name
  arn   = aws_sqs_queue.events.arn
}

resource "aws_sns_topic" "arrivals" {
  count             = local.by_sns ? 1 : 0
  name_prefix       = "berth-arrivals-"
  signature_version = 2
}

data "aws_iam_policy_document" "arrivals" {
  count = local.by_sns ? 1 : 0

  statement {
    sid       = "TakeFromTheBucket"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.arrivals[0].arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.bucket_arn]
    }
  }
}

resource "aws_sns_topic_policy" "arrivals" {
  count  = local.by_sns ? 1 : 0
  arn    = aws_sns_topic.arrivals[0].arn
  policy = data.aws_iam_policy_document.arrivals[0].json
}

resource "aws_sns_topic_subscription" "events" {
  count     = local.by_sns ? 1 : 0
  topic_arn = aws_sns_topic.arrivals[0].arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.events.arn
}
