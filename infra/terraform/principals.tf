# In slot URLs. It is a user and not a role, as a URL dies with the session that signed it.
resource "aws_iam_user" "signer" {
  name = "${var.bucket_name}-berth-signer"
}

data "aws_iam_policy_document" "signer" {
  statement {
    sid       = "PutToStagingAndNothingElse"
    actions   = ["s3:PutObject"]
    resources = local.staging
  }
}

resource "aws_iam_user_policy" "signer" {
  name   = "put-to-staging"
  user   = aws_iam_user.signer.name
  policy = data.aws_iam_policy_document.signer.json
}

# In download URLs.
resource "aws_iam_user" "reader" {
  name = "${var.bucket_name}-berth-reader"
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "GetObjectsAndNothingElse"
    actions   = ["s3:GetObject"]
    resources = local.objects
  }
}

resource "aws_iam_user_policy" "reader" {
  name   = "get-objects"
  user   = aws_iam_user.reader.name
  policy = data.aws_iam_policy_document.reader.json
}

# In no URL: leave S3_KEEPER_… unset, and the SDK finds the role by itself.
data "aws_iam_policy_document" "keeper_trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = [var.keeper_trust]
    }
  }
}

resource "aws_iam_role" "keeper" {
  name_prefix        = "berth-keeper-"
  assume_role_policy = data.aws_iam_policy_document.keeper_trust.json
}

data "aws_iam_policy_document" "keeper" {
  statement {
    sid       = "LookAtTheBucket"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [local.bucket_arn]
  }

  statement {
    sid = "ReadItsSettings"
    actions = [
      "s3:GetBucketCORS",
      "s3:GetBucketNotification",
      "s3:GetBucketVersioning",
      "s3:GetLifecycleConfiguration",
    ]
    resources = [local.bucket_arn]
  }

  # The copy names the version that was seen, where there are versions: S3 asks for a right of its own.
  statement {
    sid = "TakeFromStaging"
    actions = [
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:DeleteObject",
      "s3:ListMultipartUploadParts",
      "s3:AbortMultipartUpload",
    ]
    resources = local.staging
  }

  statement {
    sid       = "SealReadAndDeleteObjects"
    actions   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = local.objects
  }

  statement {
    sid       = "TakeEvents"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    resources = [aws_sqs_queue.events.arn]
  }
}

resource "aws_iam_role_policy" "keeper" {
  name   = "keep"
  role   = aws_iam_role.keeper.id
  policy = data.aws_iam_policy_document.keeper.json
}
